import { FairQueue, type Queued } from './fair-queue.ts';

// Slightly more than a second, so that network jitter never adds a call to the upstream's second.
const windowMs = 1_010;

/** The queue length limit, in seconds of throughput: as long as a person waits for a login. */
const maxQueueSeconds = 4;

/**
 * Outbound rate limiter (sliding window): a burst passes immediately up to the limit, the rest waits, fairly across
 * callers. Rejects with `QueueRejectedError` if a call cannot pass in time; immediately if the queue is full.
 *
 * Counts in this process only: with several replicas, divide the limit among them.
 */
export class RateLimiter {
  // When each of the last `maxPerSecond` calls passed: the next may pass once the oldest has left the window.
  readonly #passed: number[];
  readonly #queue: FairQueue;
  #oldest = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(maxPerSecond: number) {
    this.#passed = new Array<number>(maxPerSecond).fill(Number.NEGATIVE_INFINITY);
    this.#queue = new FairQueue(maxPerSecond * maxQueueSeconds);
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Undefined if the call may pass at once; otherwise resolves when it may. `nextMs` as for `FairQueue.wait`. */
  pass(call: Queued, nextMs: () => number): Promise<void> | undefined {
    if (this.#queue.size === 0 && this.#waitMs() <= 0) {
      this.#count();
      return undefined;
    }
    const waiting = this.#queue.wait(call, nextMs);
    this.#schedule();
    return waiting;
  }

  /** Frees the slot of a call that passed no later than `at` and will not be made; a waiting call may take it. */
  release(at: number): void {
    // An older slot may have been used again.
    if ((this.#passed[this.#oldest] ?? 0) > at) return;
    const { length } = this.#passed;
    this.#oldest = (this.#oldest + length - 1) % length;
    // Not simply the newest slot: a call that passed later stays in the window for longer.
    let free = Number.NEGATIVE_INFINITY;
    for (let index = this.#oldest; ; index = (index + length - 1) % length) {
      const passedAt = this.#passed[index] ?? 0;
      this.#passed[index] = free;
      if (passedAt <= at) break;
      free = passedAt;
    }
    if (this.#queue.size === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule();
  }

  /** Rejects all queued calls. */
  refuseWaiting(): void {
    this.#queue.refuseAll();
  }

  /** Rejects all queued calls, and stops the timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.refuseWaiting();
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
        while (this.#queue.size > 0 && this.#waitMs() <= 0) {
          this.#count();
          this.#queue.admitNext();
        }
        if (this.#queue.size > 0) this.#schedule();
      },
      Math.max(1, Math.ceil(this.#waitMs())),
    );
  }
}
