import { FairQueue } from './fair-queue.ts';

/** A queue longer than this hides overload instead of smoothing a burst. */
const maxWaitMs = 200;

/**
 * Bounds the calls in flight. More wait for a moment, in a line as long as the bulkhead is wide; who is not
 * let in by then gets a `QueueRejectedError`.
 */
export class ConcurrencyLimiter {
  /** Calls in flight at most. */
  readonly width: number;
  readonly #line: FairQueue;
  #free: number;

  constructor(maxConcurrency: number) {
    this.width = maxConcurrency;
    this.#free = maxConcurrency;
    this.#line = new FairQueue(maxConcurrency);
  }

  get inside(): number {
    return this.width - this.#free;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Enters; the caller must `leave` afterwards, whatever happens in between. */
  async enter(caller: string, signal: AbortSignal | undefined): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#line.wait({ caller, maxWaitMs, signal });
  }

  leave(): void {
    if (!this.#line.admitNext()) this.#free += 1;
  }
}
