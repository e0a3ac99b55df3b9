import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import type { Report } from './report.ts';
import type { CustomerEvaluationReportedStatus } from './report-customer-evaluation.input.ts';

/** Stripe's words for what the business decided, in both APIs. */
export const statusWords = {
  ALLOWED: 'allowed',
  RESTRICTED: 'restricted',
  BLOCKED: 'blocked',
} as const satisfies Record<CustomerEvaluationReportedStatus, string>;

/**
 * Throws `UPSTREAM_UNSUPPORTED` for an event that is not a decision of the business: a `loginFailed` for `OTHER`, such as
 * a wrong password. Where Stripe is told decisions alone, to report it as one would be a lie.
 */
export function requireDecision({ path, reason }: Report): void {
  const variant = path.at(-1);
  if (reason !== 'OTHER' || (variant !== 'loginFailed' && variant !== 'registrationFailed')) return;
  const rule =
    'OTHER is no decision, and this gateway’s Stripe API is told decisions alone. Report nothing, or `outcome` with a status if the business decided.';
  throw UpstreamCallError.ofField('UPSTREAM_UNSUPPORTED', [...path, 'reason'], rule);
}
