import type { Caller } from './caller.ts';
import { addressKey } from './client-address.ts';
import { type Counter, MemoryCounter, type Wait } from './rate-limit-counter.ts';
import type { RedisRateLimitStore, StoreState } from './redis-rate-limit-store.ts';

interface Limits {
  /** For each caller; no limit if undefined. */
  readonly perMinute: number | undefined;
  /** For each address, whoever calls from it; no limit if undefined. */
  readonly perAddressPerMinute: number | undefined;
}

export interface RateLimitSettings extends Limits {
  /** Where counters are shared; each process has its own if undefined. */
  readonly redisUrl: string | undefined;
}

/** The caller and address that a call is charged to. */
export interface Charged {
  readonly caller: Caller;
  /** As the server sees it; undefined where it is only a router's. */
  readonly address: string | undefined;
}

/** How much each caller and each address has done in the last minute, and whether it may do more. */
export class RateLimits {
  readonly #store: RedisRateLimitStore | undefined;
  readonly #perCaller: Counter | undefined;
  readonly #perAddress: Counter | undefined;
  readonly #refusals: MemoryCounter | undefined;

  /** Counts in the store, or in this process alone where there is none. */
  constructor({ perMinute, perAddressPerMinute }: Limits, store?: RedisRateLimitStore) {
    this.#store = store;
    const counter = (name: string, limit: number | undefined): Counter | undefined =>
      limit === undefined ? undefined : (store?.counter(name, limit) ?? new MemoryCounter(limit));
    this.#perCaller = counter('caller', perMinute);
    this.#perAddress = counter('address', perAddressPerMinute);
    // Kept here: who is refused at the door must not cost a round trip to Redis.
    this.#refusals = perAddressPerMinute === undefined ? undefined : new MemoryCounter(perAddressPerMinute);
  }

  /** Whether a single caller has a limit. */
  get limitsCallers(): boolean {
    return this.#perCaller !== undefined;
  }

  /** Whether the shared counters can be had; undefined where there are none. */
  get storeState(): StoreState | undefined {
    return this.#store?.state;
  }

  /** Why the shared counters can't be had, in one safe word. */
  get storeReason(): string | undefined {
    return this.#store?.reason;
  }

  /** Counts `points` for the caller and its address. Synchronous unless counters are shared. */
  charge({ caller, address }: Charged, points: number): Wait | Promise<Wait> {
    const from = addressKey(address);
    // Anonymous callers are limited by address. No name and no address means a trusted router, which enforces its own
    // limits.
    const name = caller.isNamed ? caller.id : from;
    const byName = name === undefined ? undefined : this.#perCaller?.add(name, points);
    const byAddress = from === undefined || !caller.isNamed ? undefined : this.#perAddress?.add(from, points);
    return byName instanceof Promise || byAddress instanceof Promise
      ? Promise.all([byName, byAddress]).then(([a, b]) => longer(a, b))
      : longer(byName, byAddress);
  }

  /** Counts a request that was refused at the door for its address. */
  chargeRefusal(address: string | undefined): Wait {
    const from = addressKey(address);
    return from === undefined ? undefined : this.#refusals?.add(from, 1);
  }

  /** Moves on to another Redis, or another password of the same, once it answers. */
  renewRedis(url: string): void {
    this.#store?.renewRedis(url);
  }

  close(): void {
    this.#store?.close();
  }
}

function longer(a: Wait, b: Wait): Wait {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
