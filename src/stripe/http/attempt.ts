import { type AttemptVerdict, BreakerOpenError } from './breaker.ts';
import type { Call } from './call.ts';
import type { AttemptEnd } from './observer.ts';
import {
  header,
  isByIntermediary,
  isKeyInUse,
  isOverQuota,
  isReplayed,
  requestIdOf,
  retryAfterMs,
} from './response.ts';
import type { AttemptOutcome } from './retry-policy.ts';
import { type RawRequest, type RawResponse, type Transport, TransportError } from './transport.ts';

/**
 * The breaker ignores a timeout of an attempt that had less than this share of the normal timeout, and less than
 * `fairMs`: otherwise clients with tiny deadlines could open it for everyone. It counts the others: otherwise a router
 * that waits slightly less than the gateway would disable the breaker. Failures other than timeouts always count.
 */
const fairShare = 1 / 3;
/** Callers that wait for less than a second would otherwise keep the breaker closed in an outage. */
const fairMs = 500;
/**
 * An idle connection that the upstream closed fails within a round trip. A close that comes later hit a connection in
 * use.
 */
const staleWithinMs = 500;

/** One attempt at a call, and its result: a whole response, or an error. */
export class Attempt {
  /** Whether any byte of the request may have left. */
  sent = false;
  /** Whether another request holds the idempotency key. */
  keyInUse = false;
  #reusedConnection = false;
  #isRead = false;
  #mayBeStale = false;
  /** Whether the attempt had enough time for a timeout to count against the upstream. */
  hadFairTime = true;
  response: RawResponse | undefined;
  error: unknown;

  /** An attempt that was not made because the breaker is open. */
  static notMade(error: unknown): Attempt {
    const attempt = new Attempt();
    attempt.error = error;
    return attempt;
  }

  /** Sends the request and waits for its response, for at most `timeoutMs` and not beyond the call's deadline. */
  static async make(
    transport: Transport,
    request: RawRequest,
    call: Call,
    timeoutMs: number,
  ): Promise<Attempt> {
    const attempt = new Attempt();
    attempt.#isRead = request.method === 'GET';
    const startedAt = performance.now();
    const inFlight = transport.send(request);
    // The deadline moves when a caller with a later one joins, so the remaining time is checked again when it seems
    // over.
    const leftMs = (): number =>
      Math.min(startedAt + timeoutMs - performance.now(), call.deadline.remainingMs);
    const end = (): void => {
      const left = leftMs();
      if (left > 0) timer = setTimeout(end, left);
      else inFlight.abort();
    };
    // Not below 0, of which Node warns: the process may have been stopped meanwhile.
    let timer = setTimeout(end, Math.max(0, leftMs()));
    try {
      attempt.response = await inFlight.response;
      attempt.keyInUse = isKeyInUse(attempt.response);
    } catch (error) {
      attempt.error = error;
    }
    clearTimeout(timer);
    attempt.sent = inFlight.sent;
    attempt.#reusedConnection = inFlight.reusedConnection;
    const tookMs = performance.now() - startedAt;
    attempt.#mayBeStale = inFlight.reusedConnection && !inFlight.responseStarted && tookMs < staleWithinMs;
    // Checked at the end, since the deadline may have moved meanwhile.
    const allowedMs = tookMs + call.deadline.remainingMs;
    attempt.hadFairTime = allowedMs >= Math.min(timeoutMs * fairShare, fairMs);
    return attempt;
  }

  /** The response, if it is a success. */
  get success(): RawResponse | undefined {
    const { response } = this;
    return response !== undefined && response.status >= 200 && response.status < 300 ? response : undefined;
  }

  /** Whether the attempt timed out. */
  get ranOutOfTime(): boolean {
    return this.error instanceof TransportError && this.error.code === 'AbortError';
  }

  /** The attempt's result for the breaker. */
  get verdict(): AttemptVerdict {
    if (this.keyInUse) return 'inconclusive';
    if (this.response !== undefined && this.response.status < 500) return 'succeeded';
    // A fault of reads alone must not stop evaluations; if Stripe is down, writes fail too.
    if (this.#isRead) return 'inconclusive';
    return this.wasStale || (this.ranOutOfTime && !this.hadFairTime) ? 'inconclusive' : 'failed';
  }

  /** Whether a kept connection had been closed meanwhile, which says nothing about the upstream. */
  get wasStale(): boolean {
    return this.#mayBeStale && this.error instanceof TransportError && this.error.closed;
  }

  /** The attempt's result for the retry policy. */
  get outcome(): AttemptOutcome {
    const { response, error, keyInUse } = this;
    const shouldRetry = response && header(response, 'stripe-should-retry');
    return {
      status: response?.status,
      keyInUse,
      replayed: response !== undefined && isReplayed(response),
      overQuota: response !== undefined && isOverQuota(response),
      byIntermediary: response !== undefined && isByIntermediary(response),
      shouldRetry: shouldRetry === 'true' ? true : shouldRetry === 'false' ? false : undefined,
      rateLimitedReason: response && header(response, 'stripe-rate-limited-reason'),
      retryAfterMs: response && retryAfterMs(response),
      staleConnection: this.wasStale,
      unreadable: error instanceof TransportError && error.unreadable,
      breakerOpen: error instanceof BreakerOpenError,
    };
  }

  /** The attempt's result for the observer. */
  get end(): AttemptEnd {
    return {
      status: this.response?.status,
      error: this.error === undefined ? undefined : wordOf(this.error),
      sent: this.sent,
      reusedConnection: this.#reusedConnection,
      requestId: this.response && requestIdOf(this.response),
    };
  }
}

function wordOf(error: unknown): string {
  if (error instanceof TransportError) return error.code;
  return error instanceof BreakerOpenError ? 'BREAKER_OPEN' : 'UNKNOWN';
}
