import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import type { Report } from './report.ts';
import type { CustomerEvaluationReportedStatus } from './report-customer-evaluation.input.ts';

/** Stripe's values for the business's decision, in both APIs. */
export const stripeStatuses = {
  ALLOWED: 'allowed',
  RESTRICTED: 'restricted',
  BLOCKED: 'blocked',
} as const satisfies Record<CustomerEvaluationReportedStatus, string>;

/**
 * Throws `UPSTREAM_UNSUPPORTED` for an event that is not a decision of the business: a `loginFailed` or
 * `registrationFailed` for `OTHER`, such as a wrong password. These Stripe versions accept only decisions, and reporting the event as one would be false.
 */
export function requireDecision({ path, reason }: Report): void {
  const variant = path.at(-1);
  if (reason !== 'OTHER' || (variant !== 'loginFailed' && variant !== 'registrationFailed')) return;
  const rule =
    'OTHER is not a decision, and this gateway’s Stripe API accepts only decisions. If the business made a decision, report `outcome` with a status; otherwise do not report.';
  throw UpstreamCallError.ofField('UPSTREAM_UNSUPPORTED', [...path, 'reason'], rule, 'NOT_A_DECISION');
}
