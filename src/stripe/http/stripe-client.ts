import { ConcurrencyLimiter } from '../../admission/concurrency-limiter.ts';
import { QueueRejectedError } from '../../admission/fair-queue.ts';
import { OverloadedError } from '../../errors/overloaded-error.ts';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import { type AccountKeys, type Credentials, credentialsFor, isAccountId, noKeyFor } from './account-keys.ts';
import { AccountLane } from './account-lane.ts';
import type { Call } from './call.ts';
import type { UpstreamLoad, UpstreamOperation } from './observer.ts';
import type { OutgoingRequests } from './outgoing-requests.ts';
import { PerAccount, type StripeAccount } from './per-account.ts';
import type { UpstreamResponse } from './response.ts';
import { leastRetries } from './retry-budget.ts';
import { type RequestBody, Transport } from './transport.ts';
import { callUpstream, type Upstream } from './upstream-call.ts';

export interface StripeSettings {
  /** Scheme, host and port; no path. */
  readonly apiUrl: string;
  /** A secret (`sk_`) or restricted (`rk_`) key. */
  readonly secretKey: string;
  /** Sent as `Stripe-Version`. */
  readonly apiVersion: string;
  /** For calls without an account of their own: sent as `Stripe-Account` (Connect), or as `Stripe-Context`. */
  readonly account: StripeAccount;
  /** One attempt, body included. */
  readonly timeoutMs: number;
  /** Attempts of one call, the first included. */
  readonly maxAttempts: number;
  /** Calls in flight, of all accounts together. */
  readonly maxConcurrency: number;
  /** A ceiling on calls a second, for each account; none if undefined. */
  readonly maxPerSecond: number | undefined;
  /** Undefined where all calls are for one account. */
  readonly accounts?: AccountsSettings | undefined;
}

/** For calls of several accounts. */
export interface AccountsSettings {
  /** Calls in flight, for each account. */
  readonly maxConcurrency: number;
  /** Accounts that are remembered while they are idle. */
  readonly max: number;
  /** Whether an account without a key of its own is called under the one key. */
  readonly mayUseOneKey: boolean;
}

export interface GetRequest {
  readonly operation: UpstreamOperation;
  /** A path below `apiUrl`; whatever a client wrote in it must be percent-encoded. */
  readonly path: string;
}

export interface PostRequest extends GetRequest {
  readonly body: RequestBody;
  /** Without one, a dropped connection would hide whether the call was processed. */
  readonly idempotencyKey: string;
}

interface OutgoingRequest {
  readonly operation: UpstreamOperation;
  readonly path: string;
  readonly body: RequestBody | undefined;
  readonly idempotencyKey: string | undefined;
}

/**
 * The upstream's HTTP interface: makes a call exactly once, and answers with JSON of unknown shape. Throws a
 * `UpstreamCallError`, or `OverloadedError` where more calls are in flight than may be. Accounts are kept apart: each
 * has its own limits, retry budget and circuit breaker, and takes only its share of the calls in flight.
 * Source: https://docs.stripe.com/api (authentication, versioning, idempotent requests).
 */
export class StripeClient {
  readonly #settings: StripeSettings;
  readonly #transport: Transport;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #lanes: PerAccount<AccountLane>;
  /** Undefined where one lane is all there is. */
  readonly #concurrency: ConcurrencyLimiter | undefined;
  readonly #keys: AccountKeys | undefined;
  #secretKey: string;
  #credentials: Credentials;

  /** `onBreaker` is told when an account's breaker changes; `keys` are those of single accounts, if they have any. */
  constructor(
    settings: StripeSettings,
    outgoing: OutgoingRequests,
    onBreaker: (state: 'open' | 'closed', account: StripeAccount) => void,
    keys?: AccountKeys | undefined,
  ) {
    const { apiUrl, timeoutMs, maxConcurrency, maxPerSecond, accounts } = settings;
    this.#settings = settings;
    this.#transport = new Transport({
      origin: apiUrl,
      // A host that takes no connection in half an attempt's time takes none: leave time for another try.
      connectTimeoutMs: Math.ceil(timeoutMs / 2),
      maxConnections: maxConcurrency,
      openPool: outgoing.openPool,
    });
    this.#headers = {
      accept: 'application/json',
      'stripe-version': settings.apiVersion,
      'user-agent': outgoing.userAgent,
    };
    const lane = { maxConcurrency: accounts?.maxConcurrency ?? maxConcurrency, maxPerSecond };
    this.#lanes = new PerAccount(
      (account) => new AccountLane(account, lane, onBreaker),
      ({ isIdle }) => isIdle,
      accounts?.max ?? 1,
    );
    this.#concurrency = accounts && new ConcurrencyLimiter(maxConcurrency);
    if (accounts === undefined) this.#lanes.of(undefined);
    this.#keys = keys;
    this.#secretKey = settings.secretKey;
    this.#credentials = credentialsFor(settings.secretKey, settings.account);
  }

  /** False while Stripe answers no account: each breaker that has anything to go by is open. */
  get isUpstreamUp(): boolean {
    const lanes = this.#lanes.all;
    const working = lanes.filter(({ breaker }) => !breaker.isOpen);
    return working.length === lanes.length || working.some(({ breaker }) => breaker.hasSucceededLately);
  }

  /** Calls that begin from now on use this key; one under way ends with the key it began with. */
  renewKey(secretKey: string): void {
    this.#secretKey = secretKey;
    this.#credentials = credentialsFor(secretKey, this.#settings.account);
  }

  /** How busy the way to the upstream is. */
  get load(): UpstreamLoad {
    const lanes = this.#lanes.all;
    const sum = (read: (lane: AccountLane) => number): number =>
      lanes.reduce((total, lane) => total + read(lane), 0);
    const [lane] = lanes;
    const only = lanes.length === 1 ? lane : undefined;
    return {
      inFlight: this.#concurrency?.inside ?? sum(({ concurrency }) => concurrency.inside),
      limit: this.#settings.maxConcurrency,
      waiting: sum(({ waiting }) => waiting) + (this.#concurrency?.waiting ?? 0),
      breaker: only?.breaker.state ?? (this.isUpstreamUp ? 'closed' : 'open'),
      retriesLeft:
        lanes.length === 0 ? leastRetries : Math.min(...lanes.map(({ budget }) => budget.retriesLeft)),
      accounts: lanes.length,
      accountsDown: lanes.filter(({ breaker }) => breaker.isOpen).length,
    };
  }

  get({ operation, path }: GetRequest, call: Call): Promise<UpstreamResponse> {
    const request = { operation, path, body: undefined, idempotencyKey: undefined };
    return this.#send(this.#lanes.of(call.account), request, call);
  }

  /** Posts exactly once for each idempotency key: calls that meet under one share it and its outcome. */
  post(request: PostRequest, call: Call): Promise<UpstreamResponse> {
    const lane = this.#lanes.of(call.account);
    const { idempotencyKey, path, body } = request;
    return lane.singleFlight.run(idempotencyKey, `${path}\n${body.text}`, call, (shared) =>
      this.#send(lane, request, shared),
    );
  }

  async #send(
    lane: AccountLane,
    { operation, path, body, idempotencyKey }: OutgoingRequest,
    call: Call,
  ): Promise<UpstreamResponse> {
    const { method } = operation;
    await acquireRate(lane, call);
    await lane.concurrency.enter(call).catch(overloaded);
    try {
      return await this.#amongAccounts(call, async () => {
        const headers = {
          ...this.#headers,
          ...(await this.#credentialsOf(call.account)),
          ...(body === undefined ? {} : { 'content-type': body.contentType }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        };
        const request = { operation, method, path, headers, body: body?.text ?? null };
        return callUpstream(this.#upstreamOf(lane), request, call);
      });
    } finally {
      lane.concurrency.leave();
    }
  }

  /** Waits for a place among all accounts' calls in flight: fairly between accounts, as the lane is between callers. */
  async #amongAccounts<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    if (this.#concurrency === undefined) return work();
    await this.#concurrency.enter({ caller: call.account ?? '', signal: call.signal }).catch(overloaded);
    try {
      return await work();
    } finally {
      this.#concurrency.leave();
    }
  }

  #credentialsOf(account: StripeAccount): Credentials | Promise<Credentials> {
    if (account === undefined) return this.#credentials;
    if (this.#keys === undefined || !isAccountId(account)) return credentialsFor(this.#secretKey, account);
    const found = this.#keys.keyOf(account);
    const credentials = (key: Awaited<typeof found>): Credentials => {
      // The account is the key's own.
      if (typeof key === 'object') return credentialsFor(key.key, undefined);
      if (key === 'malformed' || this.#settings.accounts?.mayUseOneKey !== true) throw noKeyFor(account, key);
      return credentialsFor(this.#secretKey, account);
    };
    return found instanceof Promise ? found.then(credentials) : credentials(found);
  }

  #upstreamOf(lane: AccountLane): Upstream {
    const { timeoutMs, maxAttempts } = this.#settings;
    return {
      transport: this.#transport,
      breaker: lane.breaker,
      budget: lane.budget,
      timeoutMs,
      maxAttempts,
      acquireRate: (call) => acquireRate(lane, call),
    };
  }

  /** Waits for the calls under way, then closes the connections. */
  async close(): Promise<void> {
    for (const { ceiling } of this.#lanes.all) ceiling?.close();
    await this.#transport.close();
  }
}

async function acquireRate({ ceiling }: AccountLane, call: Call): Promise<void> {
  // What waits longer than half of what is left would have no time for the call itself.
  await ceiling?.pass(call, call.deadline.remainingMs / 2).catch(aboveCeiling);
}

function aboveCeiling(error: unknown): never {
  if (!(error instanceof QueueRejectedError)) throw error;
  throw new UpstreamCallError('UPSTREAM_RATE_LIMITED', {
    effect: 'NONE',
    retryAfterMs: 1_000,
    operatorNote: 'held back by UPSTREAM_MAX_PER_SECOND',
  });
}

function overloaded(error: unknown): never {
  throw error instanceof QueueRejectedError ? new OverloadedError() : error;
}
