import { Redis, ReplyError } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { failureReason } from '../errors/failure-reason.ts';
import type { Pseudonymize } from './caller.ts';
import { type Counter, MemoryCounter, type Wait, windowMs, windowSeconds } from './rate-limit-counter.ts';

export type StoreState = 'up' | 'down';

/** Called when the state changes; `reason` is one word that is safe to log. */
export type OnStoreState = (state: StoreState, reason?: string) => void;

/** The maximum time that Redis may add to a call. */
const redisTimeoutMs = 40;
/** The pause after a failure, for calls and for probes: otherwise each call would wait for the timeout. */
const redisPauseMs = 1_000;
/** The maximum callers over their limit to remember; Redis is asked again for the others. */
const maxBlocked = 10_000;

/**
 * Counts of all replicas together, in Redis. While Redis is slow, down or returns errors, each replica counts for
 * itself: a limit that is too wide for a while is better than a login that fails.
 */
export class RedisRateLimitStore {
  readonly #pseudonymize: Pseudonymize;
  readonly #onState: OnStoreState;
  /** Called once for each renewal whose Redis does not respond; `reason` is one word that is safe to log. */
  readonly #onRenewalFailed: (reason: string) => void;
  readonly #timeoutMs: number;
  #redis: Redis;
  /** The Redis to switch to as soon as it responds. */
  #next: Redis | undefined;
  readonly #onRedis: ((redis: Redis) => void)[] = [];
  #state: StoreState | undefined;
  #reason: string | undefined;
  #pausedUntil = 0;
  /** Redis has responded to a command with an error, and no command has succeeded since: a new connection proves nothing. */
  #isRefusing = false;
  #probe: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Others can read the store, so it holds only names from `pseudonymize`. */
  constructor(
    url: string,
    pseudonymize: Pseudonymize,
    onState: OnStoreState,
    onRenewalFailed: (reason: string) => void = () => undefined,
    timeoutMs: number = redisTimeoutMs,
  ) {
    this.#pseudonymize = pseudonymize;
    this.#onState = onState;
    this.#onRenewalFailed = onRenewalFailed;
    this.#timeoutMs = timeoutMs;
    this.#redis = connect(url, timeoutMs);
    this.#follow(this.#redis);
  }

  /**
   * Switches to another Redis, or to a new password of the same one, as soon as it responds; until then the old one
   * stays in use.
   */
  renewRedis(url: string): void {
    this.#next?.disconnect();
    const next = connect(url, this.#timeoutMs);
    this.#next = next;
    next.once('error', (error) => {
      if (this.#next === next) this.#onRenewalFailed(failureReason(error));
    });
    // ioredis keeps reconnecting, and prints errors if there is no listener.
    next.on('error', () => undefined);
    next.once('ready', () => {
      if (this.#next !== next) return;
      const old = this.#redis;
      this.#next = undefined;
      this.#redis = next;
      this.#follow(next);
      for (const tell of this.#onRedis) tell(next);
      old.disconnect();
      this.#isRefusing = false;
      this.#note('up');
    });
  }

  #follow(redis: Redis): void {
    const note = (state: StoreState, reason?: string): void => {
      if (redis === this.#redis) this.#note(state, reason);
    };
    redis.on('ready', () => {
      if (!this.#isRefusing) note('up');
    });
    // A close follows each error. Without a listener, ioredis prints errors itself.
    redis.on('error', (error) => note('down', failureReason(error)));
    redis.on('close', () => note('down', 'closed'));
  }

  get state(): StoreState {
    return this.#state ?? 'down';
  }

  /** Why it is down, in one word that is safe to log; undefined while it is up. */
  get reason(): string | undefined {
    return this.#reason;
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
      });
    // Callers over the limit are rejected without asking Redis again. By the monotonic clock: the library's own block
    // (`inMemoryBlockOnConsumed`) lasts an hour longer if the clock is set back an hour.
    const blocked = new LRUCache<string, true>({ max: maxBlocked, perf: performance, ttlAutopurge: true });
    let shared = sharedIn(this.#redis);
    this.#onRedis.push((redis) => {
      shared = sharedIn(redis);
      blocked.clear();
    });
    const countInRedis = async (key: string, points: number): Promise<Wait> => {
      const wait = await waitOf(shared.consume(key, points));
      this.#isRefusing = false;
      this.#note('up');
      return wait;
    };
    const consume = async (name: string, points: number): Promise<Wait> => {
      const key = this.#pseudonymize(name);
      try {
        const wait = await countInRedis(key, points);
        if (wait !== undefined) blocked.set(name, true, { ttl: Math.ceil(wait) });
        return wait;
      } catch (error) {
        this.#pausedUntil = performance.now() + redisPauseMs;
        if (error instanceof ReplyError) this.#isRefusing = true;
        this.#note('down', failureReason(error));
        // Not the name that failed: an outage may last longer than a caller may be remembered.
        this.#probeLater(() => countInRedis('probe', 0));
        return own.add(name, points);
      }
    };
    return {
      add: (name, points) => {
        if (blocked.has(name)) return Math.max(1, Math.ceil(blocked.getRemainingTTL(name)));
        return performance.now() < this.#pausedUntil ? own.add(name, points) : consume(name, points);
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#probe);
    this.#redis.removeAllListeners('close');
    this.#redis.disconnect();
    this.#next?.disconnect();
  }

  // Repeats what failed until it succeeds: without calls, such as at night, nothing else would notice.
  #probeLater(probe: () => Promise<unknown>): void {
    if (this.#isClosed) return;
    this.#probe ??= setTimeout(() => {
      this.#probe = undefined;
      if (this.#state === 'down') probe().catch(() => this.#probeLater(probe));
    }, redisPauseMs).unref();
  }

  // The first event of a failure is its reason, not a consequence such as the close after an error.
  #note(state: StoreState, reason?: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#reason = reason;
    this.#onState(state, reason);
  }
}

function connect(url: string, timeoutMs: number): Redis {
  return new Redis(url, {
    commandTimeout: timeoutMs,
    connectTimeout: 1_000,
    // Reconnects if the server vanished without closing the connection: the kernel would notice after a quarter of an
    // hour (tcp(7), `tcp_retries2`).
    socketTimeout: 2_000,
    // Commands that can't be sent now are counted in this process instead.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    // After a failover the old connection keeps returning these errors, but the host name resolves to the new server.
    reconnectOnError: ({ message }) => /\b(READONLY|MASTERDOWN|NOAUTH|LOADING)\b/.test(message),
  });
}

/**
 * How long a name must wait. The library resolves below the limit, rejects with a result above it, and rejects with an
 * error if it failed.
 */
async function waitOf(consumed: Promise<RateLimiterRes>): Promise<Wait> {
  try {
    await consumed;
    return undefined;
  } catch (result) {
    // If Redis's clock was set back, the wait seems longer than a window: ask again after one.
    if (result instanceof RateLimiterRes) return Math.min(Math.max(1, result.msBeforeNext), windowMs);
    throw result;
  }
}
