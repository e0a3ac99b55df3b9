/** The result of an unsuccessful attempt. */
export interface AttemptOutcome {
  /** The response's status; undefined without a whole response. */
  readonly status: number | undefined;
  /** Another request under the idempotency key is in progress, and nothing was done. */
  readonly keyInUse: boolean;
  /** A stored response to the idempotency key: every retry would get it again. */
  readonly replayed: boolean;
  /** A monthly quota is used up. */
  readonly overQuota: boolean;
  /** A 4xx from a proxy or firewall on the way, not from Stripe. */
  readonly byIntermediary: boolean;
  /** `Stripe-Should-Retry`, if the response has one. */
  readonly shouldRetry: boolean | undefined;
  /** `Stripe-Rate-Limited-Reason`, if the response has one. */
  readonly rateLimitedReason: string | undefined;
  /** `Retry-After`: undefined if absent, `unreadable` if not a number of seconds. */
  readonly retryAfterMs: number | 'unreadable' | undefined;
  /** A pooled connection was closed when it was reused, or a moment later. */
  readonly staleConnection: boolean;
  /** The bytes received are not valid HTTP or exceed the size limit: a retry would only get them again. */
  readonly unreadable: boolean;
  /** The breaker is open: nothing was sent, and a retry would not be either. */
  readonly breakerOpen: boolean;
}

export interface RetrySituation {
  readonly outcome: AttemptOutcome;
  /** Attempts made so far, without polls and stale connections. */
  readonly attempts: number;
  /** Attempts so far that found the key in use. */
  readonly polls: number;
  readonly maxAttempts: number;
  readonly remainingMs: number;
  readonly callerGone: boolean;
  readonly budgetLeft: boolean;
  /** From 0 to below 1, so that calls that failed together are not retried together. */
  readonly random: number;
}

const backoffFloorMs = 100;
const backoffCapMs = 2_000;

/** The number of short waits for a key in use. Later ones grow. */
const quickPolls = 5;

/** With less time left, an attempt is not worth its load. */
const minAttemptMs = 50;

/**
 * The delay in milliseconds before a failed attempt is retried; 0 to retry immediately and outside the budget,
 * undefined for no retry. The first rule that applies decides. Every attempt of a call carries the same idempotency
 * key, so no retry can have a second effect. Source: Stripe's own SDKs, stripe-node `RequestSender`.
 */
export function retryDelayMs(situation: RetrySituation): number | undefined {
  const { outcome, attempts, polls, maxAttempts, remainingMs, callerGone, budgetLeft, random } = situation;
  // Nobody waits for the response; a caller that retries sends the same key.
  if (callerGone) return undefined;
  // Another replica's call, or an earlier attempt, holds the key. Stripe will soon have its result, so this call
  // waits for it, without counting attempts: otherwise two simultaneous submits of a form would look like an outage.
  if (outcome.keyInUse && outcome.shouldRetry !== false) {
    return inTime(backoffMs(Math.max(1, polls - quickPolls), random), remainingMs);
  }
  // The upstream closed an idle connection just when it was reused: retry on another. This happens at most once per
  // pooled connection, so it needs no wait and no budget, and is not one of the attempts: after a failover of the
  // network all pooled connections are dead, and a call may meet several of them.
  if (outcome.staleConnection && remainingMs >= minAttemptMs) return 0;
  // All attempts are used up.
  if (attempts >= maxAttempts) return undefined;
  // In an outage, retries must not multiply the load.
  if (!budgetLeft) return undefined;
  // The upstream is known to be down.
  if (outcome.breakerOpen) return undefined;
  // A `Retry-After` that is not a number, perhaps a date, is left to the caller.
  if (outcome.retryAfterMs === 'unreadable') return undefined;

  if (!isWorthRepeating(outcome)) return undefined;
  return inTime(Math.max(backoffMs(attempts, random), outcome.retryAfterMs ?? 0), remainingMs);
}

/** Undefined if the wait and an attempt do not fit into the deadline: fail now instead of later. */
function inTime(delayMs: number, remainingMs: number): number | undefined {
  return delayMs + minAttemptMs > remainingMs ? undefined : delayMs;
}

function isWorthRepeating(outcome: AttemptOutcome): boolean {
  // Stripe would replay the same response for 24 hours.
  if (outcome.replayed) return false;
  // A quota is not renewed within a call.
  if (outcome.overQuota) return false;
  // The upstream's own hint overrides the rules below, in both directions.
  if (outcome.shouldRetry !== undefined) return outcome.shouldRetry;
  // No whole response: refused, reset, closed when it was reused, cut off, or timed out.
  if (outcome.status === undefined) return !outcome.unreadable;
  // The request may never have reached Stripe; if it did, the key makes the retry safe.
  if (outcome.byIntermediary) return true;
  // Another request holds a lock, and will release it.
  if (outcome.status === 409) return true;
  // A dependency of the upstream failed.
  if (outcome.status === 424) return true;
  // A limit refused the request before it was processed. A concurrency limit clears in a moment and a rate limit in the
  // next second, but a resource's own limit may last for minutes.
  if (outcome.status === 429) return outcome.rateLimitedReason !== 'resource-specific';
  // A server error. A retry under the key is answered like the first request, or processed if the first was not.
  return outcome.status >= 500;
}

/** Doubles from 200 ms, jittered to between half and all of it. */
function backoffMs(attempts: number, random: number): number {
  const whole = Math.min(2 * backoffFloorMs * 2 ** (attempts - 1), backoffCapMs);
  return Math.max(backoffFloorMs, whole * (0.5 + random / 2));
}
