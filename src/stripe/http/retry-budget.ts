const windowSeconds = 10;
/** Retries may add this share to the calls. */
const share = 0.2;
/** The minimum retries per window, for a gateway with few calls: a fifth of three calls would be none. */
export const minRetries = 10;

/**
 * Limits the load that retries add in an outage: over a sliding window of ten seconds, at most a fifth of the calls, or
 * ten if that is more. Source: the retry budget of Finagle and of gRPC's proposal A6.
 */
export class RetryBudget {
  readonly #now: () => number;
  // One bucket per second, each with the second that it counts.
  readonly #buckets = Array.from({ length: windowSeconds }, () => ({ second: -1, calls: 0, retries: 0 }));

  /** `now` is the monotonic time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  countCall(): void {
    this.#bucket().calls += 1;
  }

  countRetry(): void {
    this.#bucket().retries += 1;
  }

  /** Whether one more retry is within the budget. */
  get hasRetriesLeft(): boolean {
    return this.retriesLeft > 0;
  }

  /** How many more retries are within the budget; one more is allowed while this is above 0. */
  get retriesLeft(): number {
    const oldest = this.#second() - windowSeconds;
    let calls = 0;
    let retries = 0;
    for (const bucket of this.#buckets) {
      if (bucket.second <= oldest) continue;
      calls += bucket.calls;
      retries += bucket.retries;
    }
    return Math.max(0, Math.max(minRetries, calls * share) - retries);
  }

  #second(): number {
    return Math.floor(this.#now() / 1000);
  }

  #bucket(): { second: number; calls: number; retries: number } {
    const second = this.#second();
    const bucket = this.#buckets[second % windowSeconds];
    if (bucket === undefined) throw new Error('a window without buckets');
    if (bucket.second !== second) Object.assign(bucket, { second, calls: 0, retries: 0 });
    return bucket;
  }
}
