import { FairQueue, inSteps, type Queued } from './fair-queue.ts';

/** A queue longer than this hides overload instead of smoothing a burst. */
const maxWaitMs = 200;

/** A queued call that has a deadline, which may move while it waits. */
interface Timed extends Queued {
  readonly deadline: { readonly remainingMs: number };
}

/**
 * Limits the calls in flight. Further calls wait briefly, in a queue as long as the limit; a call that is not admitted
 * in time is rejected with `QueueRejectedError`.
 */
export class ConcurrencyLimiter {
  readonly #maxConcurrency: number;
  readonly #queue: FairQueue;
  #free: number;

  constructor(maxConcurrency: number) {
    this.#maxConcurrency = maxConcurrency;
    this.#free = maxConcurrency;
    this.#queue = new FairQueue(maxConcurrency);
  }

  get inFlight(): number {
    return this.#maxConcurrency - this.#free;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Acquires a slot: undefined if one is free, the normal case; otherwise resolves when one is. The caller must `leave`
   * afterwards.
   */
  enter(call: Timed): Promise<void> | undefined {
    if (this.#free === 0) return this.#wait(call);
    this.#free -= 1;
    return undefined;
  }

  leave(): void {
    if (!this.#queue.admitNext()) this.#free += 1;
  }

  #wait(call: Timed): Promise<void> {
    return this.#queue.wait(
      call,
      inSteps(maxWaitMs, () => call.deadline.remainingMs),
    );
  }
}
