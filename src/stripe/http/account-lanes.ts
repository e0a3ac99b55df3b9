import { ConcurrencyLimiter } from '../../admission/concurrency-limiter.ts';
import { QueueRejectedError } from '../../admission/fair-queue.ts';
import { OverloadedError } from '../../errors/overloaded-error.ts';
import type { AccountLane } from './account-lane.ts';
import type { Call } from './call.ts';
import type { UpstreamLoad } from './observer.ts';
import { PerAccount, type StripeAccount } from './per-account.ts';
import { minRetries } from './retry-budget.ts';

/**
 * The lanes of all accounts, and the limit on calls in flight above them: fair between accounts, as each lane is between
 * its callers.
 */
export class AccountLanes {
  readonly #lanes: PerAccount<AccountLane>;
  readonly #limit: number;
  /** Undefined with a single lane, which enforces this limit itself. */
  readonly #concurrency: ConcurrencyLimiter | undefined;

  /**
   * `limit` is the maximum calls in flight. With `areMany`, each call names its account; otherwise all share one lane.
   */
  constructor(create: (account: StripeAccount) => AccountLane, limit: number, areMany: boolean) {
    this.#lanes = new PerAccount(create, ({ isIdle }) => isIdle);
    this.#limit = limit;
    this.#concurrency = areMany ? new ConcurrencyLimiter(limit) : undefined;
    if (!areMany) this.#lanes.of(undefined);
  }

  of(account: StripeAccount): AccountLane {
    return this.#lanes.of(account);
  }

  /**
   * Acquires a slot for a call: undefined if one is free; otherwise resolves when one is, or rejects with an
   * `OverloadedError` and gives the rate back if the call `holdsRate`. The caller must `leave` afterwards.
   */
  enter(lane: AccountLane, call: Call, holdsRate: boolean): Promise<void> | undefined {
    const slot = lane.concurrency.enter(call)?.catch(overloaded);
    const entered = this.#concurrency === undefined ? slot : enterBoth(lane, slot, this.#concurrency, call);
    if (entered === undefined) return undefined;
    const passedAt = performance.now();
    return entered.catch((error: unknown) => {
      if (holdsRate) lane.releaseRate(passedAt);
      throw error;
    });
  }

  leave(lane: AccountLane): void {
    this.#concurrency?.leave();
    lane.concurrency.leave();
  }

  /** False while Stripe is down for every account: a breaker is open, and no other account has succeeded recently. */
  get isUpstreamUp(): boolean {
    const breakers = this.#lanes.all.map(({ breaker }) => breaker);
    const working = breakers.filter(({ isOpen }) => !isOpen);
    return working.length === breakers.length || working.some(({ hasRecentSuccess }) => hasRecentSuccess);
  }

  get load(): UpstreamLoad {
    const lanes = this.#lanes.all;
    const sum = (read: (lane: AccountLane) => number): number =>
      lanes.reduce((total, lane) => total + read(lane), 0);
    const [lane] = lanes;
    const only = lanes.length === 1 ? lane : undefined;
    return {
      inFlight: this.#concurrency?.inFlight ?? sum(({ concurrency }) => concurrency.inFlight),
      limit: this.#limit,
      waiting: sum(({ waiting }) => waiting) + (this.#concurrency?.waiting ?? 0),
      breaker: only?.breaker.state ?? (this.isUpstreamUp ? 'closed' : 'open'),
      retriesLeft:
        lanes.length === 0 ? minRetries : Math.min(...lanes.map(({ budget }) => budget.retriesLeft)),
      accounts: lanes.length,
      accountsDown: lanes.filter(({ breaker }) => breaker.isOpen).length,
    };
  }

  /** Rejects the calls that wait for the rate limit. */
  close(): void {
    for (const lane of this.#lanes.all) lane.close();
  }
}

async function enterBoth(
  lane: AccountLane,
  slotOfLane: Promise<void> | undefined,
  concurrency: ConcurrencyLimiter,
  { account = '', signal, deadline }: Call,
): Promise<void> {
  await slotOfLane;
  try {
    await concurrency.enter({ caller: account, signal, deadline })?.catch(overloaded);
  } catch (error) {
    lane.concurrency.leave();
    throw error;
  }
}

function overloaded(error: unknown): never {
  throw error instanceof QueueRejectedError ? new OverloadedError() : error;
}
