import { FairQueue, inSteps, queueRejected } from './fair-queue.ts';

/** How long one turn of the event loop may start requests; then responses are read. */
const turnMs = 1;
/** The maximum number of requests that start in one turn, however fast they are. */
const maxPerTurn = 8;
/** While new connections arrive, this many turns in a row start no request. */
const maxSkippedTurns = 3;
/** The estimated duration of a request before any has been measured. */
const initialEstimateMs = 0.5;
/** The weight of one measurement in the moving average (exponential smoothing). */
const smoothing = 1 / 32;
/** A measurement is capped at this multiple of the average: the excess is a pause of garbage collection or the machine. */
const maxSampleFactor = 4;

/**
 * Admission queue in front of Fastify. Work in progress has priority: each turn of the event loop starts only a few queued
 * requests, round-robin across callers. If the estimated wait exceeds `maxWaitMs`, the newest request of the busiest
 * caller is rejected immediately, so that it can go elsewhere, and no request starts too late to be useful.
 */
export class AdmissionQueue {
  readonly #maxWaitMs: number;
  readonly #queue: FairQueue;
  #estimateMs = initialEstimateMs;
  #lastStartAt = 0;
  // State of the current turn of the event loop.
  #turnStartedAt: number | undefined;
  #isEndScheduled = false;
  #hasConnection = false;
  // State of earlier turns.
  #mayHaveMoreConnections = false;
  #skippedTurns = 0;

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs;
    this.#queue = new FairQueue(this.#capacity);
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Undefined if the request may start immediately, the normal case. Otherwise resolves when it may, or rejects with
   * `QueueRejectedError`; throws one if the queue is full. `callerOf` is called only if the request has to wait.
   */
  enter(callerOf: () => string): Promise<void> | undefined {
    this.#scheduleEnd();
    if (this.#queue.size === 0) {
      if (!this.#mayHaveMoreConnections && this.#hasTime()) {
        this.#measure(initialEstimateMs);
        return undefined;
      }
      this.#lastStartAt = performance.now();
    }
    this.#queue.capacity = this.#capacity;
    const caller = callerOf();
    // Thrown: for each promise that is rejected before it has a handler, Node prepares to report it.
    if (this.#queue.isFullFor(caller)) throw queueRejected;
    return this.#queue.wait({ caller, signal: undefined }, inSteps(this.#maxWaitMs));
  }

  /**
   * A connection was opened. Each turn accepts one pending connection (libuv's `uv__server_io`), so while there are
   * more, turns are kept short: a request cannot be queued or rejected before it has been accepted and read.
   */
  connected(): void {
    this.#hasConnection = true;
    this.#scheduleEnd();
  }

  /** Whether this turn may start another request. */
  #hasTime(): boolean {
    this.#turnStartedAt ??= performance.now();
    return performance.now() - this.#turnStartedAt < turnMs;
  }

  // Immediates run after the turn has read everything that had arrived.
  #scheduleEnd(): void {
    if (this.#isEndScheduled) return;
    this.#isEndScheduled = true;
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isEndScheduled = false;
    this.#turnStartedAt = undefined;
    this.#mayHaveMoreConnections = this.#hasConnection;
    this.#hasConnection = false;
    if (this.#queue.size > 0 || this.#mayHaveMoreConnections) this.#scheduleEnd();
    if (this.#queue.size === 0) return;
    if (this.#mayHaveMoreConnections && this.#skippedTurns < maxSkippedTurns) {
      this.#skippedTurns += 1;
      return;
    }
    this.#skippedTurns = 0;
    this.#startNext();
    if (this.#mayHaveMoreConnections) return;
    // Not in a loop: each admitted request is processed before the next one starts.
    for (let count = 1; count < maxPerTurn; count += 1) setImmediate(this.#startNext);
  };

  readonly #startNext = (): void => {
    if (this.#queue.size === 0 || !this.#hasTime()) return;
    const now = performance.now();
    // Skipped turns say nothing about the duration of requests.
    if (!this.#mayHaveMoreConnections) this.#measure(now - this.#lastStartAt);
    this.#lastStartAt = now;
    this.#queue.admitNext();
  };

  // Capped: a pause of the process says nothing about the next requests. The second cap keeps room for one request.
  #measure(ms: number): void {
    const most = Math.min(this.#estimateMs * maxSampleFactor, this.#maxWaitMs);
    this.#estimateMs += (Math.min(ms, most) - this.#estimateMs) * smoothing;
  }

  get #capacity(): number {
    return this.#maxWaitMs / this.#estimateMs;
  }
}
