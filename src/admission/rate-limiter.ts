import { FairQueue, type WaitingRules } from './fair-queue.ts';

// A little over the second, so that jitter on the way never makes one too many in the upstream's second.
const windowMs = 1_010;

/** The queue length limit, in seconds of throughput: as long as a person waits for a login. */
const lineSeconds = 4;

/**
 * Keeps the calls in any second at or below a ceiling: a burst goes through at once up to it, the rest waits,
 * fairly between callers. Who can't be let through in time gets a `QueueRejectedError`, at once where that is plain.
 *
 * Counts in this process. With several replicas the ceiling is to be divided among them, until counts are
 * shared.
 */
export class RateLimiter {
  // When each of the last `ceiling` calls went through: the next may when the oldest has left the window.
  readonly #passed: number[];
  readonly #line: FairQueue;
  #oldest = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(maxPerSecond: number) {
    this.#passed = new Array<number>(maxPerSecond).fill(Number.NEGATIVE_INFINITY);
    this.#line = new FairQueue(maxPerSecond * lineSeconds);
  }

  get waiting(): number {
    return this.#line.size;
  }

  async pass(rules: WaitingRules): Promise<void> {
    if (this.#line.size === 0 && this.#waitMs() <= 0) {
      this.#count();
      return;
    }
    const waiting = this.#line.wait(rules);
    this.#schedule();
    await waiting;
  }

  /** Refuses whoever still waits, and stops its timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#line.refuseAll();
  }

  #waitMs(): number {
    return (this.#passed[this.#oldest] ?? 0) + windowMs - performance.now();
  }

  #count(): void {
    this.#passed[this.#oldest] = performance.now();
    this.#oldest = (this.#oldest + 1) % this.#passed.length;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        while (this.#line.size > 0 && this.#waitMs() <= 0) {
          this.#count();
          this.#line.admitNext();
        }
        if (this.#line.size > 0) this.#schedule();
      },
      Math.max(1, Math.ceil(this.#waitMs())),
    );
  }
}
