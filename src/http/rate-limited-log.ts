import type { Logger } from 'pino';
import { RefusedCallersLog } from './refused-callers-log.ts';

const windowMs = 10 * 60_000;
const hourMs = 60 * 60_000;
/** The minimum calls in a window before one caller's share of them is considered. */
const minCalls = 100;
const nearlyAll = 0.9;

/**
 * Logs rate-limited requests: the first of each caller at once, repeats as a count each minute. Warns, at most once an
 * hour, if one caller makes nearly all calls: this is often a back end that uses one token for all its users.
 */
export class RateLimitedLog {
  readonly #refused: RefusedCallersLog;
  readonly #now: () => number;
  // The Boyer–Moore majority vote finds the most frequent caller in constant memory.
  #candidate = '';
  #votes = 0;
  #calls = 0;
  #windowEnd = Number.NEGATIVE_INFINITY;
  #nextWarning = Number.NEGATIVE_INFINITY;
  #forgetting: NodeJS.Timeout | undefined;

  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#refused = new RefusedCallersLog(log, {
      key: 'caller',
      first: 'rate limit exceeded',
      more: 'rate limit exceeded again by the same caller',
    });
    this.#now = now;
  }

  /** Counts a charged request; `key` identifies the caller and is not logged. */
  charged(key: string): void {
    const now = this.#now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + windowMs;
      this.#votes = 0;
      this.#calls = 0;
      // It may be a person's address, which must not stay in memory until the next call.
      clearTimeout(this.#forgetting);
      this.#forgetting = setTimeout(() => {
        this.#candidate = '';
      }, windowMs).unref();
    }
    this.#calls += 1;
    if (this.#votes === 0) this.#candidate = key;
    this.#votes += this.#candidate === key ? 1 : -1;
  }

  /** Logs a request over its limit; `caller` is a pseudonym, or `unnamed`. */
  limited(key: string, caller: string, log: Logger, fields: object): void {
    this.#refused.refused(caller, fields);
    const now = this.#now();
    if (now < this.#nextWarning || !this.#makesNearlyAll(key)) return;
    this.#nextWarning = now + hourMs;
    log.warn(
      'one caller makes nearly all calls and is over a rate limit: if it is your own server, use AUTH_MODE=router, see docs/back-end.md',
    );
  }

  close(): void {
    clearTimeout(this.#forgetting);
    this.#refused.close();
  }

  // A caller with a share s of n calls has at least (2s - 1)n votes, so none is missed. One with that many votes made
  // at least that many calls.
  #makesNearlyAll(key: string): boolean {
    return (
      this.#calls >= minCalls && this.#candidate === key && this.#votes >= (2 * nearlyAll - 1) * this.#calls
    );
  }
}
