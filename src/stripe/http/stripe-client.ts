import { ConcurrencyLimiter } from '../../admission/concurrency-limiter.ts';
import { QueueRejectedError } from '../../admission/fair-queue.ts';
import { RateLimiter } from '../../admission/rate-limiter.ts';
import { OverloadedError } from '../../errors/overloaded-error.ts';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import { Breaker } from './breaker.ts';
import type { Call } from './call.ts';
import type { UpstreamLoad, UpstreamOperation } from './observer.ts';
import type { OutgoingRequests } from './outgoing-requests.ts';
import type { UpstreamResponse } from './response.ts';
import { RetryBudget } from './retry-budget.ts';
import { SingleFlight } from './single-flight.ts';
import { type RequestBody, Transport } from './transport.ts';
import { callUpstream, type Upstream, type UpstreamRequest } from './upstream-call.ts';

export interface StripeSettings {
  /** Scheme, host and port; no path. */
  readonly apiUrl: string;
  /** A secret (`sk_`) or restricted (`rk_`) key. */
  readonly secretKey: string;
  /** Sent as `Stripe-Version`. */
  readonly apiVersion: string;
  /** Sent as `Stripe-Account` (Connect). */
  readonly account: string | undefined;
  /** One attempt, body included. */
  readonly timeoutMs: number;
  /** Attempts of one call, the first included. */
  readonly maxAttempts: number;
  /** Calls in flight. */
  readonly maxConcurrency: number;
  /** A ceiling on calls a second; none if undefined. */
  readonly maxPerSecond: number | undefined;
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

/**
 * The upstream's HTTP interface: makes a call exactly once, and answers with JSON of unknown shape. Throws a
 * `UpstreamCallError`, or `OverloadedError` where more calls are in flight than may be.
 * Source: https://docs.stripe.com/api (authentication, versioning, idempotent requests).
 */
export class StripeClient {
  readonly #upstream: Upstream;
  readonly #concurrency: ConcurrencyLimiter;
  readonly #ceiling: RateLimiter | undefined;
  readonly #singleFlight = new SingleFlight<UpstreamResponse>();
  #headers: Readonly<Record<string, string>>;

  /** `onBreaker` is told when the breaker changes. */
  constructor(
    settings: StripeSettings,
    outgoing: OutgoingRequests,
    onBreaker: (state: 'open' | 'closed') => void,
  ) {
    const { apiUrl, timeoutMs, maxAttempts, maxConcurrency, maxPerSecond } = settings;
    this.#upstream = {
      transport: new Transport({
        origin: apiUrl,
        // A host that takes no connection in half an attempt's time takes none: leave time for another try.
        connectTimeoutMs: Math.ceil(timeoutMs / 2),
        maxConnections: maxConcurrency,
        openPool: outgoing.openPool,
      }),
      breaker: new Breaker(onBreaker),
      budget: new RetryBudget(),
      timeoutMs,
      maxAttempts,
      acquireRate: (call) => this.#acquireRate(call),
    };
    this.#headers = headersOf(settings, outgoing.userAgent);
    this.#concurrency = new ConcurrencyLimiter(maxConcurrency);
    this.#ceiling = maxPerSecond === undefined ? undefined : new RateLimiter(maxPerSecond);
  }

  /** False while the breaker is open. */
  get isUpstreamUp(): boolean {
    return !this.#upstream.breaker.isOpen;
  }

  /** Calls that begin from now on use this key; one under way ends with the key it began with. */
  renewKey(secretKey: string): void {
    this.#headers = { ...this.#headers, authorization: bearer(secretKey) };
  }

  /** How busy the way to the upstream is. */
  get load(): UpstreamLoad {
    return {
      inFlight: this.#concurrency.inside,
      limit: this.#concurrency.width,
      waiting: this.#concurrency.waiting + (this.#ceiling?.waiting ?? 0),
      breaker: this.#upstream.breaker.state,
      retriesLeft: this.#upstream.budget.retriesLeft,
    };
  }

  get({ operation, path }: GetRequest, call: Call): Promise<UpstreamResponse> {
    return this.#send({ operation, method: 'GET', path, headers: this.#headers, body: null }, call);
  }

  /** Posts exactly once for each idempotency key: calls that meet under one share it and its outcome. */
  post({ operation, path, body, idempotencyKey }: PostRequest, call: Call): Promise<UpstreamResponse> {
    const { contentType, text } = body;
    const headers = { ...this.#headers, 'content-type': contentType, 'idempotency-key': idempotencyKey };
    const request = { operation, method: 'POST', path, headers, body: text } as const;
    return this.#singleFlight.run(idempotencyKey, `${path}\n${text}`, call, (shared) =>
      this.#send(request, shared),
    );
  }

  async #send(request: UpstreamRequest, call: Call): Promise<UpstreamResponse> {
    await this.#acquireRate(call);
    await this.#concurrency.enter(call).catch(overloaded);
    try {
      return await callUpstream(this.#upstream, request, call);
    } finally {
      this.#concurrency.leave();
    }
  }

  async #acquireRate(call: Call): Promise<void> {
    // What waits longer than half of what is left would have no time for the call itself.
    await this.#ceiling?.pass(call, call.deadline.remainingMs / 2).catch(aboveCeiling);
  }

  /** Waits for the calls under way, then closes the connections. */
  async close(): Promise<void> {
    this.#ceiling?.close();
    await this.#upstream.transport.close();
  }
}

function headersOf(
  { secretKey, apiVersion, account }: StripeSettings,
  userAgent: string,
): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: bearer(secretKey),
    'stripe-version': apiVersion,
    'user-agent': userAgent,
    ...(account === undefined ? {} : { 'stripe-account': account }),
  };
}

function bearer(secretKey: string): string {
  return `Bearer ${secretKey}`;
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
