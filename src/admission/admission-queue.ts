import { FairQueue } from './fair-queue.ts';

/** How long one turn of the event loop may start requests; then responses are read. */
const turnMs = 1;
/** The maximum number of requests that start in one turn, however fast they are. */
const mostInTurn = 8;
/** While new connections arrive, this many turns in a row start no request. */
const turnsForConnections = 3;
/** The estimated duration of a request before any has been measured. */
const firstGuessMs = 0.5;
/** The weight of one request in the moving mean. */
const weight = 1 / 32;
/** A measurement is capped at this multiple of the mean: the rest is a pause, for garbage collection or by the machine. */
const mostTimes = 4;

/**
 * Admission queue in front of Fastify. Work in progress has priority: each turn of the event loop starts only a few queued
 * requests, round-robin across callers. If the estimated wait exceeds `maxWaitMs`, the newest request of the busiest
 * caller is rejected immediately, so that it can go elsewhere, and no request starts too late to be useful.
 */
export class AdmissionQueue {
  readonly #maxWaitMs: number;
  readonly #line: FairQueue;
  #msEach = firstGuessMs;
  #begunAt = 0;
  // State of the current turn of the event loop.
  #beganAt: number | undefined;
  #isEndAwaited = false;
  #hasConnection = false;
  // State of earlier turns.
  #mayHaveMoreConnections = false;
  #turnsLeftOut = 0;

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs;
    this.#line = new FairQueue(this.#capacity);
  }

  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Undefined if the request may start immediately, the normal case. Otherwise resolves when it may, and rejects with
   * `QueueRejectedError`. `callerOf` is called only if the request has to wait.
   */
  enter(callerOf: () => string): Promise<void> | undefined {
    this.#awaitEnd();
    if (this.#line.size === 0) {
      if (!this.#mayHaveMoreConnections && this.#hasTime()) {
        this.#learn(firstGuessMs);
        return undefined;
      }
      this.#begunAt = performance.now();
    }
    this.#line.capacity = this.#capacity;
    return this.#line.wait({ caller: callerOf(), signal: undefined }, this.#maxWaitMs);
  }

  /**
   * A connection was opened. Each turn accepts one pending connection (libuv's `uv__server_io`), so while there are
   * more, turns are kept short: a request cannot be queued or rejected before it has been accepted and read.
   */
  connected(): void {
    this.#hasConnection = true;
    this.#awaitEnd();
  }

  /** Whether this turn may start another request. */
  #hasTime(): boolean {
    this.#beganAt ??= performance.now();
    return performance.now() - this.#beganAt < turnMs;
  }

  // Immediates run after the turn has read everything that had arrived.
  #awaitEnd(): void {
    if (this.#isEndAwaited) return;
    this.#isEndAwaited = true;
    setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#isEndAwaited = false;
    this.#beganAt = undefined;
    this.#mayHaveMoreConnections = this.#hasConnection;
    this.#hasConnection = false;
    if (this.#line.size > 0 || this.#mayHaveMoreConnections) this.#awaitEnd();
    if (this.#line.size === 0) return;
    if (this.#mayHaveMoreConnections && this.#turnsLeftOut < turnsForConnections) {
      this.#turnsLeftOut += 1;
      return;
    }
    this.#turnsLeftOut = 0;
    this.#beginNext();
    if (this.#mayHaveMoreConnections) return;
    // Not in a loop: each admitted request is processed before the next one starts.
    for (let count = 1; count < mostInTurn; count += 1) setImmediate(this.#beginNext);
  };

  readonly #beginNext = (): void => {
    if (this.#line.size === 0 || !this.#hasTime()) return;
    const now = performance.now();
    // Skipped turns say nothing about the duration of requests.
    if (!this.#mayHaveMoreConnections) this.#learn(now - this.#begunAt);
    this.#begunAt = now;
    this.#line.admitNext();
  };

  // Capped: a pause of the process says nothing about the next requests. The second cap keeps room for one request.
  #learn(ms: number): void {
    const most = Math.min(this.#msEach * mostTimes, this.#maxWaitMs);
    this.#msEach += (Math.min(ms, most) - this.#msEach) * weight;
  }

  get #capacity(): number {
    return this.#maxWaitMs / this.#msEach;
  }
}
