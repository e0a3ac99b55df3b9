import { FairQueue } from './fair-queue.ts';

/** So long a turn of the event loop begins requests; then answers are read. */
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
  // Of the turn of the event loop that goes on.
  #beganAt: number | undefined;
  #isEndAwaited = false;
  #hasConnection = false;
  // Of the turns before.
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
   * Undefined where a request may begin at once, as all do but under load. Else resolves when it may, and rejects with
   * `QueueRejectedError`. `callerOf` is asked only where it has to wait.
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
    return this.#line.wait({ caller: callerOf(), maxWaitMs: this.#maxWaitMs, signal: undefined });
  }

  /**
   * A connection was opened. Each turn takes one of those that wait for it (libuv's `uv__server_io`), so while there
   * are more, turns are kept short: what they ask for can't wait its turn, or be refused, before it is known.
   */
  connected(): void {
    this.#hasConnection = true;
    this.#awaitEnd();
  }

  /** Whether this turn is still to begin requests. */
  #hasTime(): boolean {
    this.#beganAt ??= performance.now();
    return performance.now() - this.#beganAt < turnMs;
  }

  // Immediates run when the turn has read whatever had come.
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
    // Not in a loop: what one lets in is worked on before the next one begins.
    for (let count = 1; count < mostInTurn; count += 1) setImmediate(this.#beginNext);
  };

  readonly #beginNext = (): void => {
    if (this.#line.size === 0 || !this.#hasTime()) return;
    const now = performance.now();
    // Turns that are left out say nothing of what requests take.
    if (!this.#mayHaveMoreConnections) this.#learn(now - this.#begunAt);
    this.#begunAt = now;
    this.#line.admitNext();
  };

  // A process that stood still says nothing of what comes next; and there is room for one at least.
  #learn(ms: number): void {
    const most = Math.min(this.#msEach * mostTimes, this.#maxWaitMs);
    this.#msEach += (Math.min(ms, most) - this.#msEach) * weight;
  }

  get #capacity(): number {
    return this.#maxWaitMs / this.#msEach;
  }
}
