/** What came of an attempt that did not succeed. */
export interface AttemptOutcome {
  /** The answer's status; undefined where no whole answer came. */
  readonly status: number | undefined;
  /** A stored response to the idempotency key: every repeat is answered with it. */
  readonly replayed: boolean;
  /** A monthly quota is used up. */
  readonly overQuota: boolean;
  /** A 4xx that a proxy or firewall on the way made, not Stripe. */
  readonly byIntermediary: boolean;
  /** `Stripe-Should-Retry`, where the answer has one. */
  readonly shouldRetry: boolean | undefined;
  /** `Stripe-Rate-Limited-Reason`, where the answer has one. */
  readonly rateLimitedReason: string | undefined;
  /** `Retry-After`: undefined where there is none, `unreadable` where it is no number of seconds. */
  readonly retryAfterMs: number | 'unreadable' | undefined;
  /** A connection from before was closed as it was taken up again, or a moment later. */
  readonly staleConnection: boolean;
  /** Bytes came that are no HTTP answer, or more of one than is held: a repeat would only bring them again. */
  readonly unreadable: boolean;
  /** The breaker is open: nothing was sent, and nothing would be. */
  readonly breakerOpen: boolean;
}

export interface RetrySituation {
  readonly outcome: AttemptOutcome;
  /** Attempts made so far, 1 and up. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly remainingMs: number;
  readonly callerGone: boolean;
  readonly budgetLeft: boolean;
  /** From 0 to below 1, so that callers who failed together do not come back together. */
  readonly random: number;
}

const backoffFloorMs = 100;
const backoffCapMs = 2_000;

/** Without so much time left for it, an attempt is not worth its load. */
const leastAttemptMs = 50;

/**
 * Whether a failed attempt is repeated: how many milliseconds to wait before, 0 for at once and outside the
 * budget, or undefined for not at all.
 * Ordered: the first rule that applies decides. Every attempt of a call carries the same idempotency key, so
 * that no repeat can have a second effect. Source: what Stripe's own SDKs do, stripe-node `RequestSender`.
 */
export function retryDelayMs(situation: RetrySituation): number | undefined {
  const { outcome, attempts, maxAttempts, remainingMs, callerGone, budgetLeft, random } = situation;
  // Spent.
  if (attempts >= maxAttempts) return undefined;
  // Nobody waits for the answer; whoever repeats does so with the key.
  if (callerGone) return undefined;
  // The upstream tidies up its idle connections, and one was taken up at that moment: a new one will do. There
  // are no more of these than pooled connections, so they need neither wait nor budget.
  if (outcome.staleConnection && remainingMs >= leastAttemptMs) return 0;
  // In an outage, repeats must not multiply the load.
  if (!budgetLeft) return undefined;
  // The upstream is known to be down.
  if (outcome.breakerOpen) return undefined;
  // A wait that we can't read, perhaps a date that would need a common clock, is for the caller to judge.
  if (outcome.retryAfterMs === 'unreadable') return undefined;

  const delayMs = Math.max(backoffMs(attempts, random), outcome.retryAfterMs ?? 0);
  // The wait and an attempt do not fit the deadline: say so now rather than then.
  if (delayMs + leastAttemptMs > remainingMs) return undefined;
  return isWorthRepeating(outcome) ? delayMs : undefined;
}

function isWorthRepeating(outcome: AttemptOutcome): boolean {
  // The key is spent: the same answer would come for 24 hours.
  if (outcome.replayed) return false;
  // Nor does a quota end within a call.
  if (outcome.overQuota) return false;
  // The upstream knows better than any rule, in both directions.
  if (outcome.shouldRetry !== undefined) return outcome.shouldRetry;
  // No whole answer: refused, reset, closed as it was reused, cut off, or out of the attempt's time.
  if (outcome.status === undefined) return !outcome.unreadable;
  // The request perhaps never reached Stripe; if it did, the key makes the repeat safe.
  if (outcome.byIntermediary) return true;
  // Another request holds the key or a lock: it will let go.
  if (outcome.status === 409) return true;
  // A dependency of the upstream's failed.
  if (outcome.status === 424) return true;
  // A limit refused it before it began. A concurrency limit frees itself in a moment, and a rate in the next
  // second; but a resource's own limit may last for minutes.
  if (outcome.status === 429) return outcome.rateLimitedReason !== 'resource-specific';
  // Theirs. A repeat under the key is answered as the first was, or done if the first was not begun.
  return outcome.status >= 500;
}

/** Doubles from 200 ms, with jitter between half and the whole. */
function backoffMs(attempts: number, random: number): number {
  const whole = Math.min(2 * backoffFloorMs * 2 ** (attempts - 1), backoffCapMs);
  return Math.max(backoffFloorMs, whole * (0.5 + random / 2));
}
