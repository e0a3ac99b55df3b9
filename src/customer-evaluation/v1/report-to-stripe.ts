import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { ReportEventParams, ReportOutcomeParams } from '../../stripe/customer-evaluation.wire.ts';
import { type VersionCapabilities, versionsWith } from '../../stripe/versions.ts';
import type { CustomerEvaluationWarning } from '../customer-evaluation-warning.type.ts';
import type { EventType } from '../event-type.enum.ts';
import { notReported, type Report, type TranslatedReport } from '../report.ts';
import type { CustomerEvaluationReportedReason } from '../report-customer-evaluation.input.ts';
import { requireDecision, stripeStatuses } from '../reported-decision.ts';

/**
 * Translates a report for the configured v1 version; pure. Throws `BAD_USER_INPUT` if that version needs more than the
 * client sent, and `UPSTREAM_UNSUPPORTED` if it cannot express the report truthfully.
 */
export function reportToStripe(
  report: Report,
  capabilities: VersionCapabilities,
): TranslatedReport<ReportEventParams | ReportOutcomeParams> {
  return capabilities.outcomeReports ? toOutcome(report) : toEvent(report);
}

/** From 2026-05-27 on: what the business decided. */
function toOutcome(report: Report): TranslatedReport<ReportOutcomeParams> {
  requireDecision(report);
  const { status, customer, reason } = report;
  return {
    params: { status: status && stripeStatuses[status], customer },
    warnings: reason === undefined ? [] : [notReported('REASON_NOT_REPORTED', report, 'reason')],
  };
}

/** Before: what happened. */
function toEvent(report: Report): TranslatedReport<ReportEventParams> {
  const { eventType, status, customer, reason } = report;
  if (status === undefined) throw customerAlone(report);
  if (eventType === undefined) throw needsEventType(report);
  const warnings: CustomerEvaluationWarning[] = [];
  const isSuccess = status !== 'BLOCKED';
  if (status === 'RESTRICTED') warnings.push(notReported('STATUS_NOT_REPORTED', report, 'status'));
  if (customer !== undefined && !(isSuccess && eventType === 'REGISTRATION')) {
    warnings.push(notReported('CUSTOMER_NOT_ATTACHED', report, 'customer'));
  }
  if (reason !== undefined && (isSuccess || reasonsOf[eventType][reason] === undefined)) {
    warnings.push(notReported('REASON_NOT_REPORTED', report, 'reason'));
  }
  return { params: isSuccess ? success(eventType, customer) : failure(eventType, reason), warnings };
}

function success(eventType: EventType, customer: string | undefined): ReportEventParams {
  if (eventType === 'LOGIN') return { type: 'login_success' };
  return {
    type: 'registration_success',
    registration_success: customer === undefined ? undefined : { customer },
  };
}

function failure(
  eventType: EventType,
  reason: CustomerEvaluationReportedReason = 'OTHER',
): ReportEventParams {
  return eventType === 'LOGIN'
    ? { type: 'login_failed', login_failed: { reason: loginReasons[reason] ?? 'other' } }
    : {
        type: 'registration_failed',
        registration_failed: { reason: registrationReasons[reason] ?? 'other' },
      };
}

type ReasonWords<Word> = Readonly<Partial<Record<CustomerEvaluationReportedReason, Word>>>;

// Each event has a reason only for its own kind of abuse.
const loginReasons: ReasonWords<'other' | 'suspected_account_sharing'> = {
  OTHER: 'other',
  SUSPECTED_ACCOUNT_SHARING: 'suspected_account_sharing',
};
const registrationReasons: ReasonWords<'other' | 'suspected_multi_accounting'> = {
  OTHER: 'other',
  SUSPECTED_MULTI_ACCOUNTING: 'suspected_multi_accounting',
};
const reasonsOf = { LOGIN: loginReasons, REGISTRATION: registrationReasons } as const;

// These versions attach a customer only with a reported success, which this report lacks.
function customerAlone({ path }: Report): UpstreamCallError {
  const rule = `attaching a customer without a status needs a Stripe API version of ${versionsWith('outcomeReports')}; this gateway is configured for an older one.`;
  return UpstreamCallError.ofField('UPSTREAM_UNSUPPORTED', [...path, 'customer'], rule);
}

// These versions can't retrieve the evaluation, which has the event type.
function needsEventType({ path }: Report): UpstreamCallError {
  const rule =
    'is required: this gateway is configured for a Stripe API version whose reports must state the event type.';
  return UpstreamCallError.ofField('BAD_USER_INPUT', [...path, 'eventType'], rule);
}
