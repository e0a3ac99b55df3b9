import { InputProblems, oneOfNotEnforced, type Path } from '../graph/input-validation.ts';
import { maxStringLength } from '../stripe/customer-evaluation.wire.ts';
import { isEvaluationId } from '../stripe/customer-evaluations.ts';
import {
  CustomerEvaluationWarning,
  type CustomerEvaluationWarningCode,
} from './customer-evaluation-warning.type.ts';
import type { EventType } from './event-type.enum.ts';
import { knownEventType } from './known-event-type.ts';
import type {
  CustomerEvaluationOutcomeInput,
  CustomerEvaluationReportedReason,
  CustomerEvaluationReportedStatus,
  CustomerEvaluationReportInput,
  ReportCustomerEvaluationInput,
} from './report-customer-evaluation.input.ts';

/**
 * A client's report, independent of the variant that it chose. Each of Stripe's APIs and versions uses a part of it.
 */
export interface Report {
  /** The evaluation's id. */
  readonly id: string;
  readonly eventType: EventType | undefined;
  readonly status: CustomerEvaluationReportedStatus | undefined;
  readonly reason: CustomerEvaluationReportedReason | undefined;
  /** The customer to attach to the evaluation. */
  readonly customer: string | undefined;
  /** The path of the variant that the client wrote. */
  readonly path: Path;
}

/** A report's parameters, and warnings about the parts that have no field in them. */
export interface TranslatedReport<Params> {
  readonly params: Params;
  readonly warnings: readonly CustomerEvaluationWarning[];
}

/** A warning about a field of the report that Stripe's API lacks. */
export function notReported(
  code: CustomerEvaluationWarningCode,
  report: Report,
  field: 'customer' | 'reason' | 'status',
): CustomerEvaluationWarning {
  return new CustomerEvaluationWarning(code, [...report.path, field]);
}

/**
 * Reads a client's report; pure. Throws `BAD_USER_INPUT`, which names every invalid field. Only the upstream can check
 * whether the report fits the evaluated event.
 */
export function readReport({ id, report: input }: ReportCustomerEvaluationInput): Report {
  const problems = new InputProblems(maxStringLength);
  if (!isEvaluationId(id)) problems.add(['input', 'id'], 'is not the id of an evaluation.');
  const report = reportOf(problems, input);
  problems.throwIfAny();
  return { id, ...report };
}

function reportOf(problems: InputProblems, input: CustomerEvaluationReportInput): Omit<Report, 'id'> {
  const { loginSucceeded, loginFailed, registrationSucceeded, registrationFailed, outcome } = input;
  const at = (variant: keyof CustomerEvaluationReportInput): Path => ['input', 'report', variant];
  const nothing = { reason: undefined, customer: undefined };
  if (loginSucceeded != null) {
    return { ...nothing, eventType: 'LOGIN', status: 'ALLOWED', path: at('loginSucceeded') };
  }
  if (loginFailed != null) {
    const { reason } = loginFailed;
    return { ...nothing, eventType: 'LOGIN', status: 'BLOCKED', reason, path: at('loginFailed') };
  }
  if (registrationSucceeded != null) {
    const path = at('registrationSucceeded');
    const customer = problems.optional(registrationSucceeded.customer, path, 'customer');
    return { eventType: 'REGISTRATION', status: 'ALLOWED', reason: undefined, customer, path };
  }
  if (registrationFailed != null) {
    const { reason } = registrationFailed;
    return {
      ...nothing,
      eventType: 'REGISTRATION',
      status: 'BLOCKED',
      reason,
      path: at('registrationFailed'),
    };
  }
  if (outcome != null) return reportOfOutcome(problems, outcome, at('outcome'));
  throw oneOfNotEnforced();
}

function reportOfOutcome(
  problems: InputProblems,
  { status, customer, reason, eventType }: CustomerEvaluationOutcomeInput,
  path: Path,
): Omit<Report, 'id'> {
  // The upstream would accept it, and a client that forgot the fields would believe that something was reported.
  if (status == null && customer == null)
    problems.add(path, 'must have at least one of status and customer.');
  if (reason != null && status !== 'BLOCKED' && status !== 'RESTRICTED') {
    problems.add([...path, 'reason'], 'is only allowed with a status of BLOCKED or RESTRICTED.');
  }
  return {
    eventType: eventType == null ? undefined : knownEventType(problems, eventType, [...path, 'eventType']),
    status: status ?? undefined,
    reason: reason ?? undefined,
    customer: problems.optional(customer, path, 'customer'),
    path,
  };
}
