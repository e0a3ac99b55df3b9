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

/** What the calls for one account share, and the transport, which all do. */
export interface Upstream {
  readonly transport: Transport;
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  /** One attempt, body included. */
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  /** Waits until the ceiling on calls a second lets another attempt of the call through. */
  acquireRate(call: Call): Promise<void>;
}

export interface UpstreamRequest extends RawRequest {
  readonly operation: UpstreamOperation;
}

/**
 * Makes one call to the upstream: attempt, decide, wait, again; all attempts under the same idempotency key and within
 * one deadline. The rate of the first attempt has been acquired. Answers with JSON of unknown shape, or throws an
 * `UpstreamCallError` that tells the effect of all attempts together.
 */
export async function callUpstream(
  upstream: Upstream,
  request: UpstreamRequest,
  call: Call,
): Promise<UpstreamResponse> {
  const attempts: Attempt[] = [];
  try {
    if (call.deadline.remainingMs === 0 || isAbandoned(call)) throw timedOut(attempts);
    upstream.budget.countCall();
    for (;;) {
      const attempt = await attemptOnce(upstream, request, call, attempts.length + 1);
      attempts.push(attempt);
      if (attempt.success !== undefined) return readResponse(attempt.success);
      const delayMs = delayBeforeRetry(upstream, call, attempt, attempts.length);
      if (delayMs === undefined) throw errorOf(attempt, attempts);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await upstream.acquireRate(call);
      if (isAbandoned(call)) throw timedOut(attempts);
    }
  } catch (error) {
    throw error instanceof UpstreamCallError ? withEffectOfAll(error, request, attempts) : error;
  }
}

/** Never throws: what came of the attempt stands in it. */
async function attemptOnce(
  { breaker, transport, timeoutMs }: Upstream,
  request: UpstreamRequest,
  call: Call,
  number: number,
): Promise<Attempt> {
  const watched = call.observer?.attemptStarted(request.operation, number);
  let attempt: Attempt;
  try {
    const tellBreaker = breaker.admit();
    attempt = await Attempt.make(transport, request, call, timeoutMs);
    tellBreaker(attempt.verdict);
  } catch (error) {
    attempt = Attempt.refused(error);
  }
  watched?.ended(attempt.end);
  return attempt;
}

/** How long to wait before the next attempt; undefined where there is none. */
function delayBeforeRetry(
  { budget, maxAttempts }: Upstream,
  call: Call,
  { outcome }: Attempt,
  attempts: number,
): number | undefined {
  const delayMs = retryDelayMs({
    outcome,
    attempts,
    maxAttempts,
    remainingMs: call.deadline.remainingMs,
    callerGone: isAbandoned(call),
    budgetLeft: budget.left,
    random: Math.random(),
  });
  // Counted now and not after the wait: of many that fail at once, the first ones take what is left.
  if (delayMs !== undefined && delayMs > 0) budget.countRetry();
  return delayMs;
}

/** What the last attempt came to, which tells more than those before it. */
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
  // Not even a connection, although there was time for one: that is no slow upstream.
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
    operatorNote: `no answer in time, attempts: ${attempts.length}`,
  });
}

/** Whatever ended the call: reading has no effect, and a write may have had one where any attempt may have. */
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
