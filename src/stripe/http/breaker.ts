/** Nothing was sent: too many of the last attempts failed. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';
}

// Shared instance: while the breaker is open most calls throw it, and nobody reads its stack.
const breakerOpen = new BreakerOpenError();

/** How long the breaker stays open before it lets a probe through. */
export const probeAfterMs = 1_000;

const bucketMs = 500;
const buckets = 6;
const windowMs = buckets * bucketMs;
/** With fewer attempts in the window, the breaker stays closed. */
const minAttempts = 10;

/** How an attempt that the breaker admitted ended. */
export type AttemptVerdict =
  /** A whole response other than a 5xx. */
  | 'succeeded'
  /** A 5xx, or no whole response. */
  | 'failed'
  /** It says nothing about evaluations: a caller's short deadline, a connection closed while idle, a failed read. */
  | 'inconclusive';

/**
 * A circuit breaker: opens when more than half of at least ten attempts in the last three seconds failed. After a
 * second it is half-open and admits one attempt at a time, of any caller, until one succeeds or fails.
 *
 * Source: M. Nygard, "Release It!", Circuit Breaker. Not a library, since libraries count each attempt as a success or
 * a failure: an inconclusive probe would leave them half-open forever.
 */
export class Breaker {
  readonly #onChange: (state: 'open' | 'closed') => void;
  readonly #now: () => number;
  #counts = emptyWindow();
  #count = this.#counter();
  /** Undefined while closed. */
  #openedAt: number | undefined;
  #probing = false;
  #isReadProbing = false;
  #readProbeAt = Number.NEGATIVE_INFINITY;
  #readSucceededAt = Number.NEGATIVE_INFINITY;

  /** `now` is the monotonic time in milliseconds. */
  constructor(onChange: (state: 'open' | 'closed') => void, now: () => number = () => performance.now()) {
    this.#onChange = onChange;
    this.#now = now;
  }

  get state(): 'closed' | 'half_open' | 'open' {
    if (this.#openedAt === undefined) return 'closed';
    return this.#now() - this.#openedAt >= probeAfterMs ? 'half_open' : 'open';
  }

  /**
   * Whether all attempts are rejected at the moment. False while half-open: if load balancers took the gateway out of
   * service until a probe succeeds, it would never send one.
   */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** Whether an attempt would be rejected now: the breaker is open, or half-open with its probe in flight. */
  get isRejecting(): boolean {
    return this.#probing || this.isOpen;
  }

  /** Whether an attempt of the last three seconds succeeded. */
  get hasRecentSuccess(): boolean {
    if (this.#now() - this.#readSucceededAt < windowMs) return true;
    const period = Math.floor(this.#now() / bucketMs);
    return this.#counts.some((each) => each.period > period - buckets && each.attempts > each.failures);
  }

  /**
   * Admits an attempt and returns a function that must be called with its result; throws a `BreakerOpenError` if
   * nothing may be sent.
   */
  admit(): (verdict: AttemptVerdict) => void {
    if (this.isRejecting) throw breakerOpen;
    if (this.#openedAt === undefined) return this.#count;
    this.#probing = true;
    return this.#endProbe;
  }

  /**
   * The same for a read, which never opens the breaker: reads may work although writes fail, and hang although writes
   * work. While half-open, reads have a probe of their own, at most one in a second; once one has succeeded, they are
   * admitted whenever no write's probe is in flight. They close the breaker only if no write has failed for a whole
   * window of failures.
   */
  admitRead(): (verdict: AttemptVerdict) => void {
    if (this.#openedAt === undefined) return this.#endRead;
    if (this.isRejecting) throw breakerOpen;
    // One has succeeded since the breaker became half-open.
    if (this.#readSucceededAt - this.#openedAt >= probeAfterMs) return this.#endRead;
    if (this.#isReadProbing || this.#now() - this.#readProbeAt < probeAfterMs) throw breakerOpen;
    this.#isReadProbing = true;
    this.#readProbeAt = this.#now();
    return this.#endReadProbe;
  }

  /**
   * The returned counter belongs to the breaker's current closed period; results that arrive after it has opened and
   * closed again are ignored: otherwise late timeouts of an outage would reopen the breaker.
   */
  #counter(): (verdict: AttemptVerdict) => void {
    const count = (verdict: AttemptVerdict): void => {
      if (this.#openedAt === undefined && count === this.#count) this.#add(verdict);
    };
    return count;
  }

  #add(verdict: AttemptVerdict): void {
    if (verdict === 'inconclusive') return;
    const period = Math.floor(this.#now() / bucketMs);
    const bucket = this.#counts[period % buckets];
    if (bucket === undefined) throw new Error('a window without buckets');
    if (bucket.period !== period) Object.assign(bucket, { period, attempts: 0, failures: 0 });
    bucket.attempts += 1;
    if (verdict === 'succeeded') return;
    bucket.failures += 1;
    const recent = this.#counts.filter((each) => each.period > period - buckets);
    const attempts = recent.reduce((sum, each) => sum + each.attempts, 0);
    const failures = recent.reduce((sum, each) => sum + each.failures, 0);
    if (attempts >= minAttempts && failures > attempts / 2) this.#open();
  }

  readonly #endProbe = (verdict: AttemptVerdict): void => {
    this.#probing = false;
    if (verdict === 'failed') this.#open();
    else if (verdict === 'succeeded') this.#close();
  };

  readonly #endReadProbe = (verdict: AttemptVerdict): void => {
    this.#isReadProbing = false;
    this.#endRead(verdict);
  };

  readonly #endRead = (verdict: AttemptVerdict): void => {
    if (verdict !== 'succeeded') return;
    this.#readSucceededAt = this.#now();
    if (this.#openedAt === undefined || this.#probing) return;
    if (this.#readSucceededAt - this.#openedAt >= windowMs) this.#close();
  };

  #close(): void {
    this.#openedAt = undefined;
    this.#counts = emptyWindow();
    this.#count = this.#counter();
    this.#onChange('closed');
  }

  #open(): void {
    this.#openedAt = this.#now();
    this.#onChange('open');
  }
}

function emptyWindow(): { period: number; attempts: number; failures: number }[] {
  return Array.from({ length: buckets }, () => ({ period: -1, attempts: 0, failures: 0 }));
}
