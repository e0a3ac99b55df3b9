import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import { Attempt } from './attempt.ts';
import { type Breaker, BreakerOpenError, probeAfterMs } from './breaker.ts';
import { type Call, isAbandoned } from './call.ts';
import { errorOfResponse, errorOfTransport } from './error-mapping.ts';
import type { UpstreamOperation } from './observer.ts';
import { readResponse, type UpstreamResponse } from './response.ts';
import type { RetryBudget } from './retry-budget.ts';
import { retryDelayMs } from './retry-policy.ts';
import { type RawRequest, type Transport, TransportError } from './transport.ts';

/** Shared by the calls for one account; the transport is shared by all accounts. */
export interface Upstream {
  readonly transport: Transport;
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  /** One attempt, body included. */
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  /** Waits until the rate limit admits another attempt of the call. */
  acquireRate(call: Call): Promise<boolean> | boolean;
}

export interface UpstreamRequest extends RawRequest {
  readonly operation: UpstreamOperation;
}

/**
 * Makes one call to the upstream with retries; all attempts use the same idempotency key and share one deadline. The
 * caller has acquired the rate for the first attempt. Returns JSON of unknown shape, or throws an `UpstreamCallError`
 * with the effect of all attempts together.
 */
export async function callUpstream(
  upstream: Upstream,
  request: UpstreamRequest,
  call: Call,
): Promise<UpstreamResponse> {
  const attempts: Attempt[] = [];
  try {
    throwIfOver(call, attempts);
    upstream.budget.countCall();
    for (;;) {
      const attempt = await attemptOnce(upstream, request, call, attempts.length + 1);
      attempts.push(attempt);
      if (attempt.success !== undefined) {
        const response = readResponse(attempt.success);
        if (!response.isRepeat) return response;
        // The replayed evaluation may come from an earlier attempt of this call whose response was lost. A poll waits
        // for another call's evaluation, which has been counted there.
        const mayBeOurs = attempts
          .slice(0, -1)
          .some((earlier) => !earlier.keyInUse && mayHaveHadEffect(earlier));
        return { ...response, isRepeat: !mayBeOurs };
      }
      const delayMs = delayBeforeRetry(upstream, call, attempt, attempts);
      if (delayMs === undefined) throw errorOf(attempt, attempts);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      throwIfOver(call, attempts);
      await upstream.acquireRate(call);
      throwIfOver(call, attempts);
    }
  } catch (error) {
    throw error instanceof UpstreamCallError ? withEffectOfAll(error, request, attempts) : error;
  }
}

/** Throws if the call's time is up or nobody waits for it: it must take no place from one that is still wanted. */
export function throwIfOver(call: Call, attempts: readonly Attempt[] = []): void {
  if (call.deadline.remainingMs === 0 || isAbandoned(call)) throw timedOut(attempts);
}

/** Never throws: the attempt holds its response or error. */
async function attemptOnce(
  { breaker, transport, timeoutMs }: Upstream,
  request: UpstreamRequest,
  call: Call,
  number: number,
): Promise<Attempt> {
  const watched = call.observer?.attemptStarted(request.operation, number);
  let attempt: Attempt;
  try {
    const tellBreaker = request.method === 'GET' ? breaker.admitRead() : breaker.admit();
    attempt = await Attempt.make(transport, request, call, timeoutMs);
    tellBreaker(attempt.verdict);
  } catch (error) {
    attempt = Attempt.notMade(error);
  }
  watched?.ended(attempt.end);
  return attempt;
}

/** How long to wait before the next attempt; undefined if there is none. */
function delayBeforeRetry(
  { budget, maxAttempts }: Upstream,
  call: Call,
  { outcome }: Attempt,
  attempts: readonly Attempt[],
): number | undefined {
  const polls = attempts.filter(({ keyInUse }) => keyInUse).length;
  const stale = attempts.filter(({ wasStale }) => wasStale).length;
  const delayMs = retryDelayMs({
    outcome,
    attempts: attempts.length - polls - stale,
    polls,
    maxAttempts,
    remainingMs: call.deadline.remainingMs,
    callerGone: isAbandoned(call),
    budgetLeft: budget.hasRetriesLeft,
    random: Math.random(),
  });
  // Counted before the wait, so that calls that fail together cannot exceed the budget.
  if (delayMs !== undefined && delayMs > 0 && !outcome.keyInUse) budget.countRetry();
  return delayMs;
}

/** The error of the last attempt, which says more than the ones before it. */
function errorOf({ error, response, ranOutOfTime }: Attempt, attempts: readonly Attempt[]): unknown {
  if (response !== undefined) return errorOfResponse(response);
  if (error instanceof BreakerOpenError) {
    return new UpstreamCallError('UPSTREAM_UNAVAILABLE', {
      effect: 'NONE',
      retryAfterMs: probeAfterMs,
      operatorNote: 'the breaker is open',
    });
  }
  if (ranOutOfTime) return noResponseInTime(attempts);
  return error instanceof TransportError ? errorOfTransport(error) : error;
}

function noResponseInTime(attempts: readonly Attempt[]): UpstreamCallError {
  // No connection, although there was enough time: the upstream is unreachable, not slow.
  const unreachable = attempts.some(({ hadFairTime }) => hadFairTime) && attempts.every(({ sent }) => !sent);
  if (!unreachable) return timedOut(attempts);
  return new UpstreamCallError('UPSTREAM_UNAVAILABLE', {
    effect: 'NONE',
    operatorNote: 'no connection in time',
  });
}

function timedOut(attempts: readonly Attempt[]): UpstreamCallError {
  return new UpstreamCallError('UPSTREAM_TIMEOUT', {
    effect: 'NONE',
    operatorNote: `no response in time, attempts: ${attempts.length}`,
  });
}

/** The effect of the whole call: a read has none; a write may have had one if any of its attempts may have. */
function withEffectOfAll(
  error: UpstreamCallError,
  { method }: UpstreamRequest,
  attempts: readonly Attempt[],
): UpstreamCallError {
  if (method === 'GET') return error.withEffect('NONE');
  return attempts.some(mayHaveHadEffect) ? error.withEffect('UNKNOWN') : error;
}

function mayHaveHadEffect({ sent, response }: Attempt): boolean {
  if (!sent) return false;
  return response === undefined || response.status < 400 || errorOfResponse(response).effect === 'UNKNOWN';
}
