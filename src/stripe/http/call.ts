import type { Deadline } from './deadline.ts';
import type { UpstreamObserver } from './observer.ts';
import type { StripeAccount } from './per-account.ts';

/**
 * The circumstances of one call: who makes it, until when, and who watches. Made once for each request and passed
 * whole down to the transport.
 */
export interface Call {
  /** The caller's id: its own line where calls wait, and the scope of its idempotency keys. */
  readonly caller: string;
  readonly deadline: Deadline;
  /** Aborted when nobody waits for the call any more: what was sent is left to finish, and nothing more is sent. */
  readonly signal: AbortSignal | undefined;
  /** The Stripe account that it is made for, or a context path; undefined for the configured one. */
  readonly account?: StripeAccount;
  /** Watches the attempts. Of calls that share one upstream call, the first one's watches. */
  readonly observer?: UpstreamObserver | undefined;
}

/** Whether nobody waits any more. A shared call may be joined again, so ask each time. */
export function isAbandoned({ signal }: Call): boolean {
  return signal?.aborted ?? false;
}
