/** The time by which a call must be answered, on the monotonic clock: setting the wall clock does not move it. */
export class Deadline {
  #endsAt: number;

  /** `timeoutMs` from now. */
  constructor(timeoutMs: number) {
    this.#endsAt = performance.now() + timeoutMs;
  }

  /** The remaining time in milliseconds; 0 once the deadline has passed. */
  get remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  isBefore(other: Deadline): boolean {
    return this.#endsAt < other.#endsAt;
  }

  /** Moves the deadline to `other`, if that is later. */
  extendTo(other: Deadline): void {
    this.#endsAt = Math.max(this.#endsAt, other.#endsAt);
  }

  copy(): Deadline {
    const copy = new Deadline(0);
    copy.#endsAt = this.#endsAt;
    return copy;
  }
}
