const windowMs = 3_600_000;

/**
 * Which values to log: each once an hour, and at most `max` in an hour, since clients can make up any number of them.
 */
export class LoggedOnce {
  readonly #max: number;
  readonly #now: () => number;
  readonly #logged = new Set<string>();
  #windowEnd = Number.NEGATIVE_INFINITY;

  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max;
    this.#now = now;
  }

  /** Whether to log the value now. */
  admits(value: string): boolean {
    const now = this.#now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + windowMs;
      this.#logged.clear();
    }
    if (this.#logged.has(value) || this.#logged.size >= this.#max) return false;
    this.#logged.add(value);
    return true;
  }
}
