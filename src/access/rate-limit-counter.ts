import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Counts in windows of a minute that begin with a name's first call. */
export interface Counter {
  /** Adds to what `name` has used; answers how long it must wait, or undefined where it need not. */
  add(name: string, points: number): Promise<number | undefined>;
}

export const windowSeconds = 60;

/** What this process alone has counted. */
export class MemoryCounter implements Counter {
  readonly #limiter: RateLimiterMemory;

  constructor(limit: number) {
    this.#limiter = new RateLimiterMemory({ points: limit, duration: windowSeconds });
  }

  add(name: string, points: number): Promise<number | undefined> {
    return waitOf(this.#limiter.consume(name, points));
  }
}

/**
 * How long a name must wait: the library resolves where there is room, rejects with a result where there is none, and
 * with an error where it failed.
 */
export async function waitOf(consumed: Promise<RateLimiterRes>): Promise<number | undefined> {
  try {
    await consumed;
    return undefined;
  } catch (result) {
    // A clock that was set back makes the wait seem longer than the window, which ends by a timer all the same.
    if (result instanceof RateLimiterRes)
      return Math.min(Math.max(1, result.msBeforeNext), windowSeconds * 1000);
    throw result;
  }
}
