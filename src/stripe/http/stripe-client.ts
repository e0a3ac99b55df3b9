import { AccountCredentials, type AccountKeys } from './account-keys.ts';
import { AccountLane } from './account-lane.ts';
import { AccountLanes } from './account-lanes.ts';
import type { Call } from './call.ts';
import type { UpstreamLoad, UpstreamOperation } from './observer.ts';
import type { OutgoingRequests } from './outgoing-requests.ts';
import type { StripeAccount } from './per-account.ts';
import type { UpstreamResponse } from './response.ts';
import { type RequestBody, Transport } from './transport.ts';
import { callUpstream, throwIfOver } from './upstream-call.ts';

export interface StripeSettings {
  /** Scheme, host and port; no path. */
  readonly apiUrl: string;
  /** A secret (`sk_`) or restricted (`rk_`) key. */
  readonly secretKey: string;
  /** Sent as `Stripe-Version`. */
  readonly apiVersion: string;
  /** For calls that name no account. The key decides whether it is sent as `Stripe-Account` or `Stripe-Context`. */
  readonly account: StripeAccount;
  /** One attempt, body included. */
  readonly timeoutMs: number;
  /** Attempts per call, including the first. */
  readonly maxAttempts: number;
  /** Calls in flight, of all accounts together. */
  readonly maxConcurrency: number;
  /** The maximum calls per second for each account; no limit if undefined. */
  readonly maxPerSecond: number | undefined;
  /** Undefined if all calls are for one account. */
  readonly accounts?: AccountsSettings | undefined;
}

/** For calls of several accounts. */
export interface AccountsSettings {
  /** Calls in flight, for each account. */
  readonly maxConcurrency: number;
  /** Whether calls for an account without a key of its own use `STRIPE_SECRET_KEY`. */
  readonly mayUseConfiguredKey: boolean;
}

export interface GetRequest {
  readonly operation: UpstreamOperation;
  /** A path below `apiUrl`; client input in it must be percent-encoded. */
  readonly path: string;
}

export interface PostRequest extends GetRequest {
  readonly body: RequestBody;
  /** Without one, a dropped connection would hide whether the call was processed. */
  readonly idempotencyKey: string;
}

/**
 * The upstream's HTTP interface: makes a call exactly once, and returns JSON of unknown shape. Throws an
 * `UpstreamCallError`, or `OverloadedError` if too many calls are in flight. Accounts are isolated: each has its own
 * limits, retry budget and circuit breaker, and takes only its share of the calls in flight. Source:
 * https://docs.stripe.com/api (authentication, versioning, idempotent requests).
 */
export class StripeClient {
  readonly #transport: Transport;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #lanes: AccountLanes;
  readonly #credentials: AccountCredentials;
  /** Shared responses that a caller has already received. By response, since the first caller may have left. */
  readonly #answered = new WeakSet<UpstreamResponse>();

  /** `onBreaker` is called when an account's breaker changes; `keys` are the accounts' own keys, if they have any. */
  constructor(
    settings: StripeSettings,
    outgoing: OutgoingRequests,
    onBreaker: (state: 'open' | 'closed', account: StripeAccount) => void,
    keys?: AccountKeys | undefined,
  ) {
    const { apiUrl, timeoutMs, maxConcurrency, accounts } = settings;
    this.#transport = new Transport({
      origin: apiUrl,
      // Half of an attempt's time, to leave time for another one.
      connectTimeoutMs: Math.ceil(timeoutMs / 2),
      maxConnections: maxConcurrency,
      openPool: outgoing.openPool,
    });
    this.#headers = {
      accept: 'application/json',
      'stripe-version': settings.apiVersion,
      'user-agent': outgoing.userAgent,
    };
    const lane = { ...settings, ...accounts };
    this.#lanes = new AccountLanes(
      (account) => new AccountLane(account, this.#transport, lane, onBreaker),
      maxConcurrency,
      accounts !== undefined,
    );
    this.#credentials = new AccountCredentials(settings, keys, accounts?.mayUseConfiguredKey ?? false);
  }

  /** False while Stripe is down for every account. */
  get isUpstreamUp(): boolean {
    return this.#lanes.isUpstreamUp;
  }

  /** The current load on the upstream client. */
  get load(): UpstreamLoad {
    return this.#lanes.load;
  }

  /** Replaces the key for calls that start from now on; a call in flight keeps its key. */
  renewKey(secretKey: string): void {
    this.#credentials.renew(secretKey);
  }

  get(request: GetRequest, call: Call): Promise<UpstreamResponse> {
    return this.#send(this.#lanes.of(call.account), request, call);
  }

  /** Posts exactly once for each idempotency key: concurrent calls with the same key share one upstream call. */
  post(request: PostRequest, call: Call): Promise<UpstreamResponse> {
    const lane = this.#lanes.of(call.account);
    const { idempotencyKey, path, body } = request;
    const response = lane.singleFlight.run(idempotencyKey, `${path}\n${body.text}`, call, (shared) =>
      this.#send(lane, request, shared),
    );
    return response.then((shared) => {
      if (this.#answered.has(shared)) return { ...shared, isRepeat: true };
      this.#answered.add(shared);
      return shared;
    });
  }

  async #send(
    lane: AccountLane,
    { operation, path, body, idempotencyKey }: GetRequest & Partial<PostRequest>,
    call: Call,
  ): Promise<UpstreamResponse> {
    throwIfOver(call);
    const holdsRate = await lane.acquireRate(call);
    await this.#lanes.enter(lane, call, holdsRate);
    try {
      const headers = {
        ...this.#headers,
        ...(await this.#credentials.of(call.account)),
        ...(body === undefined ? {} : { 'content-type': body.contentType }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      };
      const { method } = operation;
      return await callUpstream(lane, { operation, method, path, headers, body: body?.text ?? null }, call);
    } finally {
      this.#lanes.leave(lane);
    }
  }

  /** Waits for the calls in flight, then closes the connections. */
  async close(): Promise<void> {
    this.#lanes.close();
    await this.#transport.close();
  }
}
