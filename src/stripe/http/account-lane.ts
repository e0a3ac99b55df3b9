import { ConcurrencyLimiter } from '../../admission/concurrency-limiter.ts';
import { QueueRejectedError } from '../../admission/fair-queue.ts';
import { RateLimiter } from '../../admission/rate-limiter.ts';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import { Breaker } from './breaker.ts';
import type { Call } from './call.ts';
import type { StripeAccount } from './per-account.ts';
import type { UpstreamResponse } from './response.ts';
import { RetryBudget } from './retry-budget.ts';
import { SingleFlight } from './single-flight.ts';
import type { Transport } from './transport.ts';
import type { Upstream } from './upstream-call.ts';

export interface LaneSettings {
  /** One attempt, body included. */
  readonly timeoutMs: number;
  /** Attempts per call, including the first. */
  readonly maxAttempts: number;
  /** Calls in flight. */
  readonly maxConcurrency: number;
  /** The maximum calls per second; no limit if undefined. */
  readonly maxPerSecond: number | undefined;
}

/**
 * The limits, retry budget and breaker that one account's calls share. Separate for each account, since Stripe limits
 * each account separately.
 */
export class AccountLane implements Upstream {
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly breaker: Breaker;
  readonly budget = new RetryBudget();
  readonly concurrency: ConcurrencyLimiter;
  readonly singleFlight = new SingleFlight<UpstreamResponse>();
  readonly #rateLimiter: RateLimiter | undefined;

  /** All lanes share `transport`; `onBreaker` is called when the account's breaker changes. */
  constructor(
    account: StripeAccount,
    transport: Transport,
    { timeoutMs, maxAttempts, maxConcurrency, maxPerSecond }: LaneSettings,
    onBreaker: (state: 'open' | 'closed', account: StripeAccount) => void,
  ) {
    this.transport = transport;
    this.timeoutMs = timeoutMs;
    this.maxAttempts = maxAttempts;
    this.breaker = new Breaker((state) => {
      if (state === 'open') this.#rateLimiter?.refuseWaiting();
      onBreaker(state, account);
    });
    this.concurrency = new ConcurrencyLimiter(maxConcurrency);
    this.#rateLimiter = maxPerSecond === undefined ? undefined : new RateLimiter(maxPerSecond);
  }

  /** Calls that wait for a concurrency slot or for the rate limit. */
  get waiting(): number {
    return this.concurrency.waiting + (this.#rateLimiter?.waiting ?? 0);
  }

  get isIdle(): boolean {
    return this.concurrency.inFlight === 0 && this.waiting === 0 && this.singleFlight.size === 0;
  }

  /** Waits for the rate limit. False if the call then holds no slot of it, because the breaker rejects it. */
  acquireRate(call: Call): Promise<boolean> | boolean {
    // A call that the breaker rejects fails at once: it must not wait for a slot that it does not use.
    if (this.#rateLimiter === undefined || this.breaker.isRejecting) return false;
    const startedAt = performance.now();
    // A call may spend half of its time waiting; the other half is for the call itself. A caller that joins may bring
    // more time.
    const leftMs = (): number => (call.deadline.remainingMs - (performance.now() - startedAt)) / 2;
    const waiting = this.#rateLimiter.pass(call, leftMs);
    return waiting === undefined
      ? true
      : waiting.then(
          () => true,
          // If the breaker has opened meanwhile, it rejects the call itself.
          (error: unknown) => !this.breaker.isRejecting && aboveRateLimit(error),
        );
  }

  /** Frees the rate-limit slot of a call that acquired it by `at` and will not be made. */
  releaseRate(at: number): void {
    this.#rateLimiter?.release(at);
  }

  /** Rejects the calls that wait for the rate limit. */
  close(): void {
    this.#rateLimiter?.close();
  }
}

function aboveRateLimit(error: unknown): never {
  if (!(error instanceof QueueRejectedError)) throw error;
  throw new UpstreamCallError('UPSTREAM_RATE_LIMITED', {
    effect: 'NONE',
    retryAfterMs: 1_000,
    operatorNote: 'held back by UPSTREAM_MAX_PER_SECOND',
  });
}
