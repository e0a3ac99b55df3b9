import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { AccountDecisionParams } from '../../stripe/account-evaluation.wire.ts';
import type { EventType } from '../event-type.enum.ts';
import { notReported, type Report, type TranslatedReport } from '../report.ts';
import { requireDecision, stripeStatuses } from '../reported-decision.ts';

/**
 * Translates a report to an account activity; pure. `eventType` is the evaluation's, if the report names none. Throws
 * `UPSTREAM_UNSUPPORTED` for a report without a decision, and `BAD_USER_INPUT` if the event type is unknown.
 */
export function reportToStripe(
  report: Report,
  evaluation: { readonly id: string; readonly eventType: EventType | 'UNKNOWN' },
): TranslatedReport<AccountDecisionParams> {
  requireDecision(report);
  const { status, customer, reason, eventType = evaluation.eventType } = report;
  if (status === undefined) throw customerAlone(report);
  if (eventType === 'UNKNOWN') throw needsEventType(report);
  const decision = { status: stripeStatuses[status] };
  const about = { account_evaluation: evaluation.id };
  return {
    params:
      eventType === 'LOGIN'
        ? { ...about, type: 'login_decision', login_decision: decision }
        : { ...about, type: 'registration_decision', registration_decision: decision },
    warnings: [
      ...(customer === undefined ? [] : [notReported('CUSTOMER_NOT_ATTACHED', report, 'customer')]),
      ...(reason === undefined ? [] : [notReported('REASON_NOT_REPORTED', report, 'reason')]),
    ],
  };
}

function customerAlone({ path }: Report): UpstreamCallError {
  const rule = 'Stripe’s v2 API can’t attach a customer to an evaluation; report a status.';
  return UpstreamCallError.ofField('UPSTREAM_UNSUPPORTED', [...path, 'customer'], rule);
}

function needsEventType({ path }: Report): UpstreamCallError {
  const rule = 'is required: the evaluation does not say which event it was made for.';
  return UpstreamCallError.ofField('BAD_USER_INPUT', [...path, 'eventType'], rule);
}
