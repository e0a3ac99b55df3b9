/** How many milliseconds a name must wait for its next call; undefined if it is within its limit. */
export type Wait = number | undefined;

/** Counts calls per name, in windows of a minute that start with the name's first call. */
export interface Counter {
  /** Adds `points` to the count of `name`. */
  add(name: string, points: number): Wait | Promise<Wait>;
}

export const windowSeconds = 60;
export const windowMs = windowSeconds * 1000;

interface Window {
  /** By `performance.now()`: nobody waits longer if the wall clock is set back. */
  readonly endsAt: number;
  used: number;
}

/**
 * Counts in this process only. Synchronous: each request is counted twice or more, and each promise would cost a
 * microtask.
 */
export class MemoryCounter implements Counter {
  readonly #limit: number;
  // Ordered by the end of the windows: all are equally long, and a name that starts a new one moves to the end.
  readonly #windows = new Map<string, Window>();
  #timer: NodeJS.Timeout | undefined;

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
      this.#timer ??= setTimeout(() => this.#forget(), windowMs).unref();
    }
    window.used += points;
    return window.used > this.#limit ? Math.ceil(window.endsAt - now) : undefined;
  }

  /** The names for which a call is remembered. */
  get size(): number {
    return this.#windows.size;
  }

  // Names are addresses of people, which must not stay in memory for longer than they count.
  #forget(): void {
    this.#dropEnded(performance.now());
    this.#timer = this.#windows.size === 0 ? undefined : setTimeout(() => this.#forget(), windowMs).unref();
  }

  #dropEnded(now: number): void {
    for (const [name, { endsAt }] of this.#windows) {
      if (endsAt > now) return;
      this.#windows.delete(name);
    }
  }
}
