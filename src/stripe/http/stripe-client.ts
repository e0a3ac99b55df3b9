import { ConcurrencyLimiter } from '../../admission/concurrency-limiter.ts';
import { QueueRejectedError } from '../../admission/fair-queue.ts';
import { RateLimiter } from '../../admission/rate-limiter.ts';
import { OverloadedError } from '../../errors/overloaded-error.ts';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { UpstreamOperation } from '../operations.ts';
import { Breaker } from './breaker.ts';
import { encodeForm, type FormHash } from './form-encoding.ts';
import type { UpstreamLoad, UpstreamObserver } from './observer.ts';
import type { OutgoingRequests } from './outgoing-requests.ts';
import type { UpstreamResponse } from './response.ts';
import { RetryBudget } from './retry-budget.ts';
import { type Participant, SingleFlight, type Waiters } from './single-flight.ts';
import { type RawRequest, Transport } from './transport.ts';
import { UpstreamCall, type UpstreamDependencies } from './upstream-call.ts';

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
  readonly outgoing: OutgoingRequests;
  /** Told when the breaker changes. */
  readonly onBreaker: (state: 'open' | 'closed') => void;
}

/** On whose behalf a call is made, and until when. */
export interface Caller extends Participant {
  /** Whose turn it is where calls wait: each caller has its own line. */
  readonly caller: string;
  /** Watches the call's attempts. Calls that meet under one key are watched by who began. */
  readonly observer?: UpstreamObserver | undefined;
}

export interface GetCall {
  readonly operation: UpstreamOperation;
  /** A path below `apiUrl`; whatever a client wrote in it must be percent-encoded. */
  readonly path: string;
  readonly onBehalfOf: Caller;
}

export interface PostCall extends GetCall {
  readonly params: FormHash;
  /** Without one, a dropped connection would hide whether the call was processed. */
  readonly idempotencyKey: string;
}

interface OutgoingCall extends RawRequest {
  readonly operation: UpstreamOperation;
}

/**
 * The upstream's HTTP interface: makes a call exactly once, and answers with JSON of unknown shape. Throws a
 * `UpstreamCallError`, or `OverloadedError` where more calls are in flight than may be.
 * Source: https://docs.stripe.com/api (authentication, versioning, idempotent requests).
 */
export class StripeClient {
  readonly #gear: UpstreamDependencies;
  readonly #bulkhead: ConcurrencyLimiter;
  readonly #ceiling: RateLimiter | undefined;
  readonly #singleFlight = new SingleFlight<UpstreamResponse>();
  #headers: Readonly<Record<string, string>>;

  constructor(settings: StripeSettings) {
    this.#gear = {
      apiUrl: settings.apiUrl,
      transport: new Transport({
        origin: settings.apiUrl,
        // A host that takes no connection in half an attempt's time takes none: leave time for another try.
        connectTimeoutMs: Math.ceil(settings.timeoutMs / 2),
        maxConnections: settings.maxConcurrency,
        openPool: settings.outgoing.openPool,
      }),
      breaker: new Breaker(settings.onBreaker),
      budget: new RetryBudget(),
      timeoutMs: settings.timeoutMs,
      maxAttempts: settings.maxAttempts,
    };
    this.#headers = headersOf(settings);
    this.#bulkhead = new ConcurrencyLimiter(settings.maxConcurrency);
    this.#ceiling = settings.maxPerSecond === undefined ? undefined : new RateLimiter(settings.maxPerSecond);
  }

  /** False while the breaker is open. */
  get isUpstreamUp(): boolean {
    return !this.#gear.breaker.isOpen;
  }

  /** Calls that begin from now on use this key; one under way ends with the key it began with. */
  renewKey(secretKey: string): void {
    this.#headers = { ...this.#headers, authorization: bearer(secretKey) };
  }

  /** How busy the way to the upstream is. */
  get load(): UpstreamLoad {
    return {
      inFlight: this.#bulkhead.inside,
      limit: this.#bulkhead.width,
      waiting: this.#bulkhead.waiting + (this.#ceiling?.waiting ?? 0),
      breaker: this.#gear.breaker.state,
      retriesLeft: this.#gear.budget.retriesLeft,
    };
  }

  get({ operation, path, onBehalfOf }: GetCall): Promise<UpstreamResponse> {
    const { deadline, signal } = onBehalfOf;
    const waiters = {
      deadline,
      signal,
      get isAbandoned(): boolean {
        return signal?.aborted ?? false;
      },
    };
    const request = { operation, method: 'GET', path, headers: this.#headers, form: null } as const;
    return this.#send(request, onBehalfOf, waiters);
  }

  post({ operation, path, params, idempotencyKey, onBehalfOf }: PostCall): Promise<UpstreamResponse> {
    const form = encodeForm(params);
    const headers = {
      ...this.#headers,
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': idempotencyKey,
    };
    return this.#singleFlight.run(idempotencyKey, `${path}\n${form}`, onBehalfOf, (waiters) =>
      this.#send({ operation, method: 'POST', path, headers, form }, onBehalfOf, waiters),
    );
  }

  async #send(
    request: OutgoingCall,
    { caller, observer }: Caller,
    waiters: Waiters,
  ): Promise<UpstreamResponse> {
    const { deadline, signal } = waiters;
    const acquireRate = async (): Promise<void> => {
      // What waits longer than half of what is left would have no time for the call itself.
      await this.#ceiling?.pass({ caller, maxWaitMs: deadline.remainingMs / 2, signal }).catch(aboveCeiling);
    };
    await acquireRate();
    await this.#bulkhead.enter(caller, signal).catch(overloaded);
    try {
      return await new UpstreamCall(this.#gear, {
        ...request,
        waiters,
        observer,
        acquireRate,
      }).run();
    } finally {
      this.#bulkhead.leave();
    }
  }

  /** Waits for the calls under way, then closes the connections. */
  async close(): Promise<void> {
    this.#ceiling?.close();
    await this.#gear.transport.close();
  }
}

function headersOf({ secretKey, apiVersion, account, outgoing }: StripeSettings): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: bearer(secretKey),
    'stripe-version': apiVersion,
    'user-agent': outgoing.userAgent,
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
