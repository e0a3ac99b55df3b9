/** The moment by which a call must be answered, on the monotonic clock: a clock that is set moves nothing. */
export class Deadline {
  readonly #endsAt: number;

  /** `timeoutMs` from now. */
  constructor(timeoutMs: number) {
    this.#endsAt = performance.now() + timeoutMs;
  }

  /** What is left, in milliseconds; 0 once it has run out. */
  get remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }
}
