import { ConcurrencyLimiter } from '../../admission/concurrency-limiter.ts';
import { RateLimiter } from '../../admission/rate-limiter.ts';
import { Breaker } from './breaker.ts';
import type { StripeAccount } from './per-account.ts';
import type { UpstreamResponse } from './response.ts';
import { RetryBudget } from './retry-budget.ts';
import { SingleFlight } from './single-flight.ts';

export interface LaneSettings {
  /** Calls in flight. */
  readonly maxConcurrency: number;
  /** A ceiling on calls a second; none if undefined. */
  readonly maxPerSecond: number | undefined;
}

/** What an account's calls share with each other, and with no other account's: Stripe limits each by itself. */
export class AccountLane {
  readonly account: StripeAccount;
  readonly breaker: Breaker;
  readonly budget = new RetryBudget();
  readonly concurrency: ConcurrencyLimiter;
  readonly ceiling: RateLimiter | undefined;
  readonly singleFlight = new SingleFlight<UpstreamResponse>();

  constructor(
    account: StripeAccount,
    { maxConcurrency, maxPerSecond }: LaneSettings,
    onBreaker: (state: 'open' | 'closed', account: StripeAccount) => void,
  ) {
    this.account = account;
    this.breaker = new Breaker((state) => onBreaker(state, account));
    this.concurrency = new ConcurrencyLimiter(maxConcurrency);
    this.ceiling = maxPerSecond === undefined ? undefined : new RateLimiter(maxPerSecond);
  }

  /** Calls that wait for a place or for their second. */
  get waiting(): number {
    return this.concurrency.waiting + (this.ceiling?.waiting ?? 0);
  }

  get isIdle(): boolean {
    return this.concurrency.inside === 0 && this.waiting === 0 && this.singleFlight.size === 0;
  }
}
