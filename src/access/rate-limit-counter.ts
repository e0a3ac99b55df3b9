import { RateLimiterRes } from 'rate-limiter-flexible';

/** How long a name must wait, or undefined where it need not. */
export type Wait = number | undefined;

/** Counts in windows of a minute that begin with a name's first call. */
export interface Counter {
  /** Adds to what `name` has used. */
  add(name: string, points: number): Wait | Promise<Wait>;
}

export const windowSeconds = 60;
const windowMs = windowSeconds * 1000;

interface Window {
  /** Of `performance.now()`: a clock that is set back makes nobody wait longer. */
  readonly endsAt: number;
  used: number;
}

/**
 * What this process alone has counted. Synchronous: each request is counted twice or more, and each promise on its way
 * is a turn of the microtask queue.
 */
export class MemoryCounter implements Counter {
  readonly #limit: number;
  // In the order in which their windows end, since all are equally long and a name that begins anew moves to the end.
  readonly #windows = new Map<string, Window>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(name: string, points: number): Wait {
    const now = performance.now();
    let window = this.#windows.get(name);
    if (window === undefined || window.endsAt <= now) {
      this.#dropEnded(now);
      window = { endsAt: now + windowMs, used: 0 };
      this.#windows.set(name, window);
    }
    window.used += points;
    return window.used > this.#limit ? Math.ceil(window.endsAt - now) : undefined;
  }

  #dropEnded(now: number): void {
    for (const [name, { endsAt }] of this.#windows) {
      if (endsAt > now) return;
      this.#windows.delete(name);
    }
  }
}

/**
 * How long a name must wait: the library resolves where there is room, rejects with a result where there is none, and
 * with an error where it failed.
 */
export async function waitOf(consumed: Promise<RateLimiterRes>): Promise<Wait> {
  try {
    await consumed;
    return undefined;
  } catch (result) {
    // A clock that was set back makes the wait seem longer than the window, which ends by a timer all the same.
    if (result instanceof RateLimiterRes) return Math.min(Math.max(1, result.msBeforeNext), windowMs);
    throw result;
  }
}
