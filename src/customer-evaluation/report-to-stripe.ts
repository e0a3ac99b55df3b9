import { InputProblems, oneOfNotEnforced, type Path } from '../graph/input-validation.ts';
import {
  maxStringLength,
  type ReportEventParams,
  type ReportOutcomeParams,
} from '../stripe/customer-evaluation.wire.ts';
import { isEvaluationId } from '../stripe/customer-evaluations.ts';
import type { VersionCapabilities } from '../stripe/versions.ts';
import { requireCapability } from './capabilities.ts';
import type {
  CustomerEvaluationLoginFailureReason,
  CustomerEvaluationOutcomeInput,
  CustomerEvaluationRegistrationFailureReason,
  CustomerEvaluationReportedStatus,
  CustomerEvaluationReportInput,
  ReportCustomerEvaluationInput,
} from './report-customer-evaluation.input.ts';

const loginReasons = {
  OTHER: 'other',
  SUSPECTED_ACCOUNT_SHARING: 'suspected_account_sharing',
} as const satisfies Record<CustomerEvaluationLoginFailureReason, string>;

const registrationReasons = {
  OTHER: 'other',
  SUSPECTED_MULTI_ACCOUNTING: 'suspected_multi_accounting',
} as const satisfies Record<CustomerEvaluationRegistrationFailureReason, string>;

const statuses = {
  ALLOWED: 'allowed',
  RESTRICTED: 'restricted',
  BLOCKED: 'blocked',
} as const satisfies Record<CustomerEvaluationReportedStatus, string>;

/**
 * Translates a client's report to the upstream's parameters; pure. Throws a `UpstreamCallError` that names every field at fault:
 * `BAD_USER_INPUT` for what the reference refuses, `UPSTREAM_UNSUPPORTED` for a report in the dialect of other
 * versions. Whether the report fits the evaluated event is left to the upstream, which alone knows the event.
 */
export function reportToStripe(
  input: ReportCustomerEvaluationInput,
  capabilities: VersionCapabilities,
): ReportEventParams | ReportOutcomeParams {
  const problems = new InputProblems(maxStringLength);
  if (!isEvaluationId(input.id)) problems.add(['input', 'id'], 'cannot be the id of an evaluation.');
  const params = reportParams(problems, input.report);
  problems.throwIfAny();
  const dialect = input.report.outcome == null ? 'eventReports' : 'outcomeReports';
  requireCapability(capabilities, dialect, [['input', 'report', variantOf(input.report)]]);
  return params;
}

function reportParams(
  problems: InputProblems,
  report: CustomerEvaluationReportInput,
): ReportEventParams | ReportOutcomeParams {
  const { loginSucceeded, loginFailed, registrationSucceeded, registrationFailed, outcome } = report;
  const path = ['input', 'report'];
  if (loginSucceeded != null) return { type: 'login_success' };
  if (loginFailed != null) {
    return { type: 'login_failed', login_failed: { reason: loginReasons[loginFailed.reason] } };
  }
  if (registrationSucceeded != null) {
    const at = [...path, 'registrationSucceeded', 'customer'];
    const customer = problems.optional(registrationSucceeded.customer, at);
    return {
      type: 'registration_success',
      registration_success: customer === undefined ? undefined : { customer },
    };
  }
  if (registrationFailed != null) {
    return {
      type: 'registration_failed',
      registration_failed: { reason: registrationReasons[registrationFailed.reason] },
    };
  }
  if (outcome != null) return outcomeParams(problems, outcome, [...path, 'outcome']);
  throw oneOfNotEnforced();
}

function outcomeParams(
  problems: InputProblems,
  outcome: CustomerEvaluationOutcomeInput,
  path: Path,
): ReportOutcomeParams {
  const { status, customer } = outcome;
  // The upstream would take it, and whoever forgot the fields would believe that something was reported.
  if (status == null && customer == null) problems.add(path, 'takes at least one of status and customer.');
  return {
    status: status == null ? undefined : statuses[status],
    customer: problems.optional(customer, [...path, 'customer']),
  };
}

function variantOf(report: CustomerEvaluationReportInput): string {
  for (const [name, value] of Object.entries(report)) if (value != null) return name;
  throw oneOfNotEnforced();
}
