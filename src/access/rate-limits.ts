import type { Caller } from './caller.ts';
import { addressKey } from './client-address.ts';
import { type Counter, MemoryCounter, type Wait } from './rate-limit-counter.ts';
import type { RedisRateLimitStore, StoreState } from './redis-rate-limit-store.ts';

interface Limits {
  /** For each caller; no limit if undefined. */
  readonly perMinute: number | undefined;
  /** For each address, across its callers; no limit if undefined. */
  readonly perAddressPerMinute: number | undefined;
}

export interface RateLimitSettings extends Limits {
  /** The Redis that holds shared counters; if undefined, each process counts for itself. */
  readonly redisUrl: string | undefined;
}

/** The caller and address to charge for a call. */
export interface Charged {
  readonly caller: Caller;
  /** As the server sees it; undefined if it is a router's. */
  readonly address: string | undefined;
}

/**
 * The limit that a call is over, and how many milliseconds its caller must wait. An anonymous caller is identified by its
 * address only.
 */
export interface OverLimit {
  readonly of: 'caller' | 'address';
  readonly waitMs: number;
}

/** The rate limits of callers and addresses. */
export class RateLimits {
  readonly #store: RedisRateLimitStore | undefined;
  readonly #perCaller: Counter | undefined;
  readonly #perAddress: Counter | undefined;
  readonly #perAnonymous: Counter | undefined;
  readonly #refusals: MemoryCounter | undefined;

  /** Counts in the store, or in this process if there is none. */
  constructor({ perMinute, perAddressPerMinute }: Limits, store?: RedisRateLimitStore) {
    this.#store = store;
    const counter = (name: string, limit: number | undefined): Counter | undefined =>
      limit === undefined ? undefined : (store?.counter(name, limit) ?? new MemoryCounter(limit));
    this.#perCaller = counter('caller', perMinute);
    this.#perAddress = counter('address', perAddressPerMinute);
    // An anonymous caller is identified by its address only, so the lower limit applies.
    const limits = [perMinute, perAddressPerMinute].filter((limit) => limit !== undefined);
    this.#perAnonymous = counter('caller', limits.length === 0 ? undefined : Math.min(...limits));
    // Counted in this process: an unauthenticated request must not cost a round trip to Redis.
    this.#refusals = perAddressPerMinute === undefined ? undefined : new MemoryCounter(perAddressPerMinute);
  }

  /** Whether callers have a limit. */
  get limitsCallers(): boolean {
    return this.#perCaller !== undefined;
  }

  /** Whether the shared counters are available; undefined if there are none. */
  get storeState(): StoreState | undefined {
    return this.#store?.state;
  }

  /** Why the shared counters are unavailable, in one word that is safe to show. */
  get storeReason(): string | undefined {
    return this.#store?.reason;
  }

  /**
   * Counts `points` for the caller and its address. Synchronous unless counters are shared. A caller over its own limit
   * does not use up that of its address, which others share; with shared counters, its first call above the limit still
   * does.
   */
  charge(
    { caller, address }: Charged,
    points: number,
  ): OverLimit | undefined | Promise<OverLimit | undefined> {
    const byName = caller.isNamed ? this.#perCaller?.add(caller.id, points) : undefined;
    if (typeof byName === 'number') return overLimit(byName, undefined);
    const from = addressKey(address);
    const counter = caller.isNamed ? this.#perAddress : this.#perAnonymous;
    // No name and no address means a trusted router, which enforces its own limits.
    const byAddress = from === undefined ? undefined : counter?.add(from, points);
    return byName instanceof Promise || byAddress instanceof Promise
      ? Promise.all([byName, byAddress]).then(([name, address]) => overLimit(name, address))
      : overLimit(byName, byAddress);
  }

  /** Counts an unauthenticated request against its address. */
  chargeRefusal(address: string | undefined): Wait {
    const from = addressKey(address);
    return from === undefined ? undefined : this.#refusals?.add(from, 1);
  }

  /** Switches to another Redis, or to a new password of the same one, as soon as it responds. */
  renewRedis(url: string): void {
    this.#store?.renewRedis(url);
  }

  close(): void {
    this.#store?.close();
  }
}

/** The limit with the longer wait; undefined if the call is within both. */
function overLimit(byName: Wait, byAddress: Wait): OverLimit | undefined {
  if (byAddress !== undefined && byAddress >= (byName ?? 0)) return { of: 'address', waitMs: byAddress };
  return byName === undefined ? undefined : { of: 'caller', waitMs: byName };
}
