import type { Deadline } from './deadline.ts';
import type { UpstreamObserver } from './observer.ts';
import type { StripeAccount } from './per-account.ts';

/**
 * The context of one call: its caller, deadline and observer. Created once per request and passed down to the
 * transport.
 */
export interface Call {
  /** The caller's id: the key of fair queues, and the scope of idempotency keys. */
  readonly caller: string;
  readonly deadline: Deadline;
  /** Aborted when nobody waits for the call any more: an attempt in flight may finish, and no further one is sent. */
  readonly signal: AbortSignal | undefined;
  /** The Stripe account or context path to call for; undefined for the configured one. */
  readonly account?: StripeAccount;
  /** Observes the attempts. Calls that share one upstream call share the first one's observer. */
  readonly observer?: UpstreamObserver | undefined;
}

/** Whether nobody waits any more. A shared call may be joined again, so ask each time. */
export function isAbandoned({ signal }: Call): boolean {
  return signal?.aborted ?? false;
}
