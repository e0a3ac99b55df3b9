import type { Logger } from 'pino';

const windowMs = 60_000;

/**
 * Logs events that clients can cause at any rate, up to a limit per minute. The next line says how many were omitted.
 */
export class BoundedLog {
  readonly #log: Logger;
  readonly #perWindow: number;
  readonly #now: () => number;
  #windowEnd = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #leftOut = 0;

  constructor(log: Logger, perMinute = 30, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#perWindow = perMinute;
    this.#now = now;
  }

  info(fields: object, message: string): void {
    const now = this.#now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + windowMs;
      this.#lines = 0;
    }
    if (this.#lines >= this.#perWindow) {
      this.#leftOut += 1;
      return;
    }
    this.#lines += 1;
    this.#log.info(this.#leftOut === 0 ? fields : { ...fields, similarLinesLeftOut: this.#leftOut }, message);
    this.#leftOut = 0;
  }
}
