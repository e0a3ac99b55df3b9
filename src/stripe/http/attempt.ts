import { type AttemptVerdict, BreakerOpenError } from './breaker.ts';
import type { Call } from './call.ts';
import type { AttemptEnd } from './observer.ts';
import { header, isByIntermediary, isOverQuota, isReplayed, requestIdOf, retryAfterMs } from './response.ts';
import type { AttemptOutcome } from './retry-policy.ts';
import { type RawRequest, type RawResponse, type Transport, TransportError } from './transport.ts';

/**
 * A time-out after less than this share of an attempt's usual time says nothing about the upstream: clients with tiny
 * deadlines could open the breaker for everyone. After more it does, or a router that waits a little less than the
 * gateway would switch the breaker off. A failure that came counts, however little time was left.
 */
const fairShare = 1 / 3;

/** One attempt at a call, and what came of it: a whole response, or an error. */
export class Attempt {
  /** Whether any byte of the request may have left. */
  sent = false;
  #reusedConnection = false;
  /** Whether it had time enough to blame the upstream for a time-out. */
  hadFairTime = true;
  response: RawResponse | undefined;
  error: unknown;

  /** An attempt that was not made, since nothing may be sent now. */
  static refused(error: unknown): Attempt {
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
    const startedAt = performance.now();
    const inFlight = transport.send(request);
    // The deadline moves when a more patient caller joins, so what is left is looked at again when it seems over.
    const leftMs = (): number =>
      Math.min(startedAt + timeoutMs - performance.now(), call.deadline.remainingMs);
    const end = (): void => {
      const left = leftMs();
      if (left > 0) timer = setTimeout(end, left);
      else inFlight.abort();
    };
    let timer = setTimeout(end, leftMs());
    try {
      attempt.response = await inFlight.response;
    } catch (error) {
      attempt.error = error;
    }
    clearTimeout(timer);
    attempt.sent = inFlight.sent;
    attempt.#reusedConnection = inFlight.reusedConnection;
    // Judged at the end, since the deadline may have moved meanwhile.
    const allowedMs = performance.now() - startedAt + call.deadline.remainingMs;
    attempt.hadFairTime = allowedMs >= timeoutMs * fairShare;
    return attempt;
  }

  /** The response, where it is a success. */
  get success(): RawResponse | undefined {
    const { response } = this;
    return response !== undefined && response.status >= 200 && response.status < 300 ? response : undefined;
  }

  /** It was ended because its time was up. */
  get ranOutOfTime(): boolean {
    return this.error instanceof TransportError && this.error.code === 'AbortError';
  }

  /** What it tells the breaker. */
  get verdict(): AttemptVerdict {
    if (this.response !== undefined) return this.response.status >= 500 ? 'failed' : 'succeeded';
    return this.ranOutOfTime && !this.hadFairTime ? 'inconclusive' : 'failed';
  }

  /** What it tells the retry policy. */
  get outcome(): AttemptOutcome {
    const { response, error } = this;
    const shouldRetry = response && header(response, 'stripe-should-retry');
    return {
      status: response?.status,
      replayed: response !== undefined && isReplayed(response),
      overQuota: response !== undefined && isOverQuota(response),
      byIntermediary: response !== undefined && isByIntermediary(response),
      shouldRetry: shouldRetry === 'true' ? true : shouldRetry === 'false' ? false : undefined,
      rateLimitedReason: response && header(response, 'stripe-rate-limited-reason'),
      retryAfterMs: response && retryAfterMs(response),
      staleConnection: this.#reusedConnection && error instanceof TransportError && error.closed,
      unreadable: error instanceof TransportError && error.unreadable,
      breakerOpen: error instanceof BreakerOpenError,
    };
  }

  /** What it tells whoever watches. */
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
