/** Nothing was sent: too many of the last attempts failed. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';
}

// One instance for all: while the breaker is open most calls get it, and nobody reads its stack.
const breakerOpen = new BreakerOpenError();

/** How long the breaker stays open before it lets a probe through. */
export const probeAfterMs = 1_000;

const bucketMs = 500;
const buckets = 6;
/** With fewer attempts in the window, their failures say too little. */
const minAttempts = 10;

/** How an attempt that the breaker admitted ended. */
export type AttemptVerdict =
  /** A whole response that is no 5xx. */
  | 'succeeded'
  /** A 5xx, or no whole response. */
  | 'failed'
  /** It ran out of time that its caller had cut short: that says nothing about the upstream. */
  | 'inconclusive';

/**
 * A circuit breaker: opens when more than half of the attempts of three seconds failed, of at least ten. After a second
 * it is half-open and admits one attempt at a time, whoever makes it, until one succeeds or fails.
 *
 * Source: M. Nygard, "Release It!", Circuit Breaker. Written here rather than taken from a library, since those count
 * an attempt as a success or a failure: an inconclusive probe then leaves them half-open for ever.
 */
export class Breaker {
  readonly #onChange: (state: 'open' | 'closed') => void;
  readonly #now: () => number;
  #counts = emptyWindow();
  /** Undefined while closed. */
  #openedAt: number | undefined;
  #probing = false;

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
   * Whether it refuses everything for now. Not while it is half-open: a gateway that balancers take out of service
   * until a probe succeeds would never make one.
   */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** Whether an attempt of the last three seconds succeeded. */
  get hasSucceededLately(): boolean {
    const period = Math.floor(this.#now() / bucketMs);
    return this.#counts.some((each) => each.period > period - buckets && each.attempts > each.failures);
  }

  /**
   * Admits an attempt, whose end must be told to the function that it returns; throws a `BreakerOpenError` where
   * nothing may be sent.
   */
  admit(): (verdict: AttemptVerdict) => void {
    const state = this.state;
    if (state === 'open' || this.#probing) throw breakerOpen;
    if (state === 'closed') return this.#count;
    this.#probing = true;
    return this.#endProbe;
  }

  readonly #count = (verdict: AttemptVerdict): void => {
    // An attempt from before the breaker opened, that ends while it is open.
    if (verdict === 'inconclusive' || this.#openedAt !== undefined) return;
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
  };

  readonly #endProbe = (verdict: AttemptVerdict): void => {
    this.#probing = false;
    if (verdict === 'failed') this.#open();
    else if (verdict === 'succeeded') {
      this.#openedAt = undefined;
      this.#counts = emptyWindow();
      this.#onChange('closed');
    }
  };

  #open(): void {
    this.#openedAt = this.#now();
    this.#onChange('open');
  }
}

function emptyWindow(): { period: number; attempts: number; failures: number }[] {
  return Array.from({ length: buckets }, () => ({ period: -1, attempts: 0, failures: 0 }));
}
