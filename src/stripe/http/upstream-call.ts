import ky from 'ky';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { UpstreamOperation } from '../operations.ts';
import { type AttemptVerdict, type Breaker, BreakerOpenError, probeAfterMs } from './breaker.ts';
import { errorOfResponse, errorOfTransport } from './error-mapping.ts';
import type { AttemptEnd, UpstreamObserver } from './observer.ts';
import {
  header,
  isByIntermediary,
  isReplayed,
  readResponse,
  requestIdOf,
  retryAfterMs,
  type UpstreamResponse,
} from './response.ts';
import type { RetryBudget } from './retry-budget.ts';
import { type AttemptOutcome, retryDelayMs } from './retry-policy.ts';
import type { Waiters } from './single-flight.ts';
import {
  type Attempt,
  type RawRequest,
  type RawResponse,
  type Transport,
  TransportError,
} from './transport.ts';

/** What all calls to the upstream share. */
export interface UpstreamDependencies {
  /** Scheme, host and port of the upstream. */
  readonly apiUrl: string;
  readonly transport: Transport;
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  /** One attempt, body included. */
  readonly timeoutMs: number;
  readonly maxAttempts: number;
}

export interface UpstreamRequest extends RawRequest {
  readonly operation: UpstreamOperation;
  /** The waiting caller. After a disconnect, a sent attempt is left to finish, and no new one starts. */
  readonly waiters: Waiters;
  readonly observer: UpstreamObserver | undefined;
  /** Waits until the ceiling on calls a second lets another through. */
  readonly acquireRate: () => Promise<void>;
}

/** An attempt, and what came of it. */
interface MadeAttempt extends Attempt {
  /** Whether it had time enough to blame the upstream for a time-out. */
  hadFairTime: boolean;
  answer?: RawResponse;
  error?: unknown;
}

/**
 * A time-out after less than this share of an attempt's usual time says nothing about the upstream: clients with tiny
 * deadlines could open the breaker for everyone. After more it does, or a router that waits a little less than the
 * gateway would switch the breaker off. A failure that came counts, however little time was left.
 */
const fairShare = 1 / 3;

/**
 * One call to the upstream: its attempts, all under the same idempotency key and within one deadline.
 *
 * The first attempt is made at once. Where it fails, ky has the rest: it keeps the whole call's time, waits in between,
 * and asks `shouldRetry`. A call that succeeds, as almost all do, never gets there: what ky makes of options, Request
 * and Response costs more than all the rest of a call.
 *
 * What ky can't do is done here. Its `delay` is not told what the attempt came to, so the policy's wait is kept
 * for it; and its errors do not say whether a request was sent, so the transport notes that.
 */
export class UpstreamCall {
  readonly #gear: UpstreamDependencies;
  readonly #request: UpstreamRequest;
  readonly #attempts: MadeAttempt[] = [];
  #delayMs = 0;

  constructor(gear: UpstreamDependencies, request: UpstreamRequest) {
    this.#gear = gear;
    this.#request = request;
  }

  /** Answers with JSON of unknown shape, or throws a `UpstreamCallError` that tells the effect of all attempts together. */
  async run(): Promise<UpstreamResponse> {
    const { budget } = this.#gear;
    const { waiters } = this.#request;
    if (waiters.deadline.remainingMs === 0 || waiters.isAbandoned) throw this.#timedOut();
    budget.countCall();
    try {
      const first = await this.#attemptInTime();
      if (!isSuccess(first)) await this.#repeatWithKy(first);
      const answer = this.#attempts.at(-1)?.answer;
      if (answer === undefined) throw new Error('ky reported success without an answer');
      return readResponse(answer);
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  // Not by the signal of ky's Request: a repeat's is a clone, which follows the first one by weak references alone,
  // and once those are collected it never aborts. The connection would wait for ever, and with it the gateway's end.
  async #attemptInTime(): Promise<MadeAttempt> {
    const limit = new AbortController();
    const startedAt = performance.now();
    // The deadline moves when a more patient caller joins, so what is left is looked at again when it seems over.
    const leftMs = (): number =>
      Math.min(
        startedAt + this.#gear.timeoutMs - performance.now(),
        this.#request.waiters.deadline.remainingMs,
      );
    const end = (): void => {
      const left = leftMs();
      if (left > 0) timer = setTimeout(end, left);
      else limit.abort();
    };
    let timer = setTimeout(end, leftMs());
    try {
      return await this.#attempt(limit.signal, startedAt);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Repeats a call whose first attempt failed, as often as the policy allows; throws where all failed. */
  async #repeatWithKy(first: MadeAttempt): Promise<void> {
    const { apiUrl, maxAttempts } = this.#gear;
    const { method, path, waiters, acquireRate } = this.#request;
    let made: MadeAttempt | undefined = first;
    await ky(path, {
      prefix: apiUrl,
      method,
      timeout: false,
      // Attempts and waits end by the deadline, which may move: ky's own limit could not.
      totalTimeout: false,
      retry: {
        limit: maxAttempts - 1,
        // A POST too: its idempotency key makes the repeat safe.
        methods: ['get', 'post'],
        shouldRetry: () => this.#shouldRetry(),
        delay: () => this.#delayMs,
      },
      hooks: {
        beforeRetry: [
          async () => {
            await acquireRate();
            if (waiters.isAbandoned) throw this.#timedOut();
          },
        ],
      },
      // What ky first asks for is there already. Headers, form and the answer's text travel beside ky, which decides
      // by status alone; and as the text is read in here, an attempt's time limit covers a body that drips.
      fetch: async () => {
        const { answer, error } = made ?? (await this.#attemptInTime());
        made = undefined;
        if (answer === undefined) throw error;
        return new Response(null, { status: answer.status });
      },
    });
  }

  /** Makes an attempt; what came of it stands in it, also where that is an error. */
  async #attempt(signal: AbortSignal, startedAt: number): Promise<MadeAttempt> {
    const { breaker, transport, timeoutMs } = this.#gear;
    const attempt: MadeAttempt = { sent: false, reusedConnection: false, hadFairTime: true };
    this.#attempts.push(attempt);
    const { observer, operation } = this.#request;
    const watched = observer?.attemptStarted(operation, this.#attempts.length);
    try {
      const tellBreaker = breaker.admit();
      try {
        attempt.answer = await transport.send(this.#request, signal, attempt);
      } catch (error) {
        attempt.error = error;
      }
      // Judged at the end, since the deadline may have moved meanwhile.
      const allowedMs = performance.now() - startedAt + this.#request.waiters.deadline.remainingMs;
      attempt.hadFairTime = allowedMs >= timeoutMs * fairShare;
      tellBreaker(verdictOn(attempt));
    } catch (error) {
      attempt.error = error;
    }
    watched?.ended(endOf(attempt));
    return attempt;
  }

  #shouldRetry(): boolean {
    const { budget, maxAttempts } = this.#gear;
    const { waiters } = this.#request;
    const attempt = this.#attempts.at(-1);
    if (attempt === undefined) return false;
    const delayMs = retryDelayMs({
      outcome: outcomeOf(attempt),
      attempts: this.#attempts.length,
      maxAttempts,
      remainingMs: waiters.deadline.remainingMs,
      callerGone: waiters.isAbandoned,
      budgetLeft: budget.left,
      random: Math.random(),
    });
    if (delayMs === undefined) return false;
    // Counted now and not after the wait: of many that fail at once, the first ones take what is left.
    if (delayMs > 0) budget.countRetry();
    this.#delayMs = delayMs;
    return true;
  }

  #failureOf(error: unknown): unknown {
    const failure = error instanceof UpstreamCallError ? error : this.#failureOfLast(error);
    if (!(failure instanceof UpstreamCallError)) return failure;
    if (this.#request.method === 'GET') return failure.withEffect('NONE');
    return this.#attempts.some(mayHaveHadEffect) ? failure.withEffect('UNKNOWN') : failure;
  }

  // ky's errors are not asked: what the last attempt came to tells more.
  #failureOfLast(error: unknown): unknown {
    const last = this.#attempts.at(-1);
    if (last === undefined) return error;
    if (last.error instanceof BreakerOpenError) {
      return new UpstreamCallError('UPSTREAM_UNAVAILABLE', {
        effect: 'NONE',
        retryAfterMs: probeAfterMs,
        operatorNote: 'the breaker is open',
      });
    }
    // The answer came, so it was no time-out, whatever ran out afterwards.
    if (last.answer !== undefined) return last.answer.status < 300 ? error : errorOfResponse(last.answer);
    if (last.error === undefined || isEnded(last.error)) return this.#noAnswerInTime();
    return last.error instanceof TransportError ? errorOfTransport(last.error) : last.error;
  }

  #noAnswerInTime(): UpstreamCallError {
    // Not even a connection, although there was time for one: that is no slow upstream.
    const unreachable =
      this.#attempts.some(({ hadFairTime }) => hadFairTime) && this.#attempts.every(({ sent }) => !sent);
    return unreachable
      ? new UpstreamCallError('UPSTREAM_UNAVAILABLE', {
          effect: 'NONE',
          operatorNote: 'no connection in time',
        })
      : this.#timedOut();
  }

  #timedOut(): UpstreamCallError {
    return new UpstreamCallError('UPSTREAM_TIMEOUT', {
      effect: 'NONE',
      operatorNote: `no answer in time, attempts: ${this.#attempts.length}`,
    });
  }
}

function isSuccess({ answer }: MadeAttempt): boolean {
  return answer !== undefined && answer.status >= 200 && answer.status < 300;
}

function verdictOn(attempt: MadeAttempt): AttemptVerdict {
  if (attempt.answer !== undefined) return attempt.answer.status >= 500 ? 'failed' : 'succeeded';
  return isEnded(attempt.error) && !attempt.hadFairTime ? 'inconclusive' : 'failed';
}

function endOf({ answer, error, sent, reusedConnection }: MadeAttempt): AttemptEnd {
  return {
    status: answer?.status,
    error: error === undefined ? undefined : wordOf(error),
    sent,
    reusedConnection,
    requestId: answer && requestIdOf(answer),
  };
}

function wordOf(error: unknown): string {
  if (error instanceof TransportError) return error.code;
  return error instanceof BreakerOpenError ? 'BREAKER_OPEN' : 'UNKNOWN';
}

/** Whether something may have happened upstream, as far as one attempt goes. */
function mayHaveHadEffect({ sent, answer }: MadeAttempt): boolean {
  if (!sent) return false;
  return answer === undefined || answer.status < 400 || errorOfResponse(answer).effect === 'UNKNOWN';
}

// An attempt that ran out of time is ended through its signal.
function isEnded(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'AbortError';
}

function outcomeOf({ answer, error, reusedConnection }: MadeAttempt): AttemptOutcome {
  const shouldRetry = answer && header(answer, 'stripe-should-retry');
  return {
    status: answer?.status,
    replayed: answer !== undefined && isReplayed(answer),
    byIntermediary: answer !== undefined && isByIntermediary(answer),
    shouldRetry: shouldRetry === 'true' ? true : shouldRetry === 'false' ? false : undefined,
    rateLimitedReason: answer && header(answer, 'stripe-rate-limited-reason'),
    retryAfterMs: answer && retryAfterMs(answer),
    staleConnection: reusedConnection && error instanceof TransportError && error.closed,
    unreadable: error instanceof TransportError && error.unreadable,
    breakerOpen: error instanceof BreakerOpenError,
  };
}
