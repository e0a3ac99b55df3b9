import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { Pseudonymize } from './caller.ts';
import { type Counter, MemoryCounter, waitOf, windowSeconds } from './counters.ts';

export type StoreState = 'up' | 'down';

/** Redis adds at most this to a call. */
const redisTimeoutMs = 40;
/** After it failed, it is left alone for so long: not each call may wait for the timeout. */
const redisPauseMs = 1_000;

/**
 * What all replicas have counted together, in Redis. While Redis is slow, gone, or answers what it should not, each
 * replica counts for itself: a limit that is too wide for a while is better than a login that fails.
 */
export class SharedStore {
  readonly #pseudonymize: Pseudonymize;
  readonly #onState: (state: StoreState) => void;
  #redis: Redis;
  /** Where the counters will be once it answers. */
  #next: Redis | undefined;
  readonly #onRedis: ((redis: Redis) => void)[] = [];
  #state: StoreState | undefined;
  #pausedUntil = 0;

  /** Others can read the store: names stand in it as `pseudonymize` gives them. */
  constructor(url: string, pseudonymize: Pseudonymize, onState: (state: StoreState) => void) {
    this.#pseudonymize = pseudonymize;
    this.#onState = onState;
    this.#redis = connect(url);
    this.#follow(this.#redis);
  }

  /** Moves on to another Redis, or another password of the same, once it answers; until then the old one serves. */
  renewRedis(url: string): void {
    this.#next?.disconnect();
    const next = connect(url);
    this.#next = next;
    next.on('error', () => undefined);
    next.once('ready', () => {
      if (this.#next !== next) return;
      const old = this.#redis;
      this.#next = undefined;
      this.#redis = next;
      this.#follow(next);
      for (const tell of this.#onRedis) tell(next);
      old.disconnect();
      this.#note('up');
    });
  }

  #follow(redis: Redis): void {
    const noteOf = (state: StoreState) => () => {
      if (redis === this.#redis) this.#note(state);
    };
    redis.on('ready', noteOf('up'));
    // Each error is followed by a close; without a listener, ioredis prints them itself.
    redis.on('error', noteOf('down'));
    redis.on('close', noteOf('down'));
  }

  get state(): StoreState {
    return this.#state ?? 'down';
  }

  counter(keyPrefix: string, limit: number): Counter {
    const settings = { points: limit, duration: windowSeconds };
    const own = new MemoryCounter(limit);
    const sharedIn = (redis: Redis): RateLimiterRedis =>
      new RateLimiterRedis({
        ...settings,
        storeClient: redis,
        keyPrefix: `customer-evaluations:${keyPrefix}`,
        rejectIfRedisNotReady: true,
        // Who is over the limit is refused without asking Redis again.
        inMemoryBlockOnConsumed: limit + 1,
      });
    let shared = sharedIn(this.#redis);
    this.#onRedis.push((redis) => {
      shared = sharedIn(redis);
    });
    return {
      add: async (name, points) => {
        if (performance.now() < this.#pausedUntil) return own.add(name, points);
        try {
          const wait = await waitOf(shared.consume(this.#pseudonymize(name), points));
          this.#note('up');
          return wait;
        } catch {
          this.#pausedUntil = performance.now() + redisPauseMs;
          this.#note('down');
          return own.add(name, points);
        }
      },
    };
  }

  close(): void {
    this.#redis.removeAllListeners('close');
    this.#redis.disconnect();
    this.#next?.disconnect();
  }

  #note(state: StoreState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}

function connect(url: string): Redis {
  return new Redis(url, {
    commandTimeout: redisTimeoutMs,
    connectTimeout: 1_000,
    // What can't be sent now is counted here instead.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
}
