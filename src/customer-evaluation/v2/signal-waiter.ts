import { QueueRejectedError } from '../../admission/fair-queue.ts';
import { RateLimiter } from '../../admission/rate-limiter.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import { type Call, isAbandoned } from '../../stripe/http/call.ts';
import { Deadline } from '../../stripe/http/deadline.ts';
import { PerAccount } from '../../stripe/http/per-account.ts';
import { SingleFlight } from '../../stripe/http/single-flight.ts';
import type { CustomerEvaluation } from '../customer-evaluation.type.ts';

export interface SignalWaitSettings {
  /** The maximum wait in milliseconds; 0 for no wait. */
  readonly waitMs: number;
  /**
   * The maximum reads per second for an account, for all its callers together: Stripe limits the reads of all ids as
   * one endpoint.
   */
  readonly maxReadsPerSecond: number;
}

/** Reads the evaluation once more. */
type Read = (call: Call) => Promise<CustomerEvaluation>;

/** How a wait for signals ended: with all of them, with some missing, or because the client was gone. */
export type SignalWaitEnd = 'complete' | 'pending' | 'abandoned';

const firstPauseMs = 150;
const pauseGrowth = 1.6;
const maxPauseMs = 1_000;
const minPauseMs = 100;
/** How long a read is expected to take; longer if an earlier read of the same wait took longer, by `readMargin`. */
const typicalReadMs = 300;
const readMargin = 1.3;
/** With less time left, a read is not worth a rate-limit slot. */
const minReadMs = 50;
/** The part of the deadline that is reserved for the response. */
const answerMs = 50;

/**
 * Waits for an evaluation's signals by polling it at growing intervals: Stripe does not document how long signals take.
 * Waits for the same evaluation share their reads. All reads share a rate limit that is fair across callers. This is
 * where a webhook's completion event could end a pause early.
 */
export class SignalWaiter {
  readonly #settings: SignalWaitSettings;
  readonly #onEnd: (end: SignalWaitEnd) => void;
  readonly #rateLimiters: PerAccount<RateLimiter>;
  readonly #waits = new SingleFlight<CustomerEvaluation>();
  /** The evaluations that waits in progress have read last. Not a Map: see docs/develop.md, “Decisions”. */
  readonly #lastRead: Record<string, CustomerEvaluation> = Object.create(null);

  /** `onEnd` is called at the end of each wait. */
  constructor(settings: SignalWaitSettings, onEnd: (end: SignalWaitEnd) => void) {
    this.#settings = settings;
    this.#onEnd = onEnd;
    this.#rateLimiters = new PerAccount(
      () => new RateLimiter(settings.maxReadsPerSecond),
      (limiter) => limiter.waiting === 0,
    );
  }

  /**
   * The evaluation with its signals, or its latest state if time is up or the client left. Rejects only for bugs: the
   * evaluation exists even if reading it fails.
   */
  async complete(evaluation: CustomerEvaluation, call: Call, read: Read): Promise<CustomerEvaluation> {
    if (evaluation.pendingSignals.length === 0) return evaluation;
    const waitMs = Math.min(this.#settings.waitMs, call.deadline.remainingMs - answerMs);
    if (waitMs <= 0) return evaluation;
    const waiting = { ...call, deadline: new Deadline(waitMs) };
    const key = `${call.account} ${evaluation.id}`;
    const readAndKeep = async (shared: Call): Promise<CustomerEvaluation> => {
      const next = await read(shared);
      this.#lastRead[key] = next;
      return next;
    };
    const latest = await this.#waits
      .run(key, '', waiting, async (shared) => {
        try {
          return await this.#poll(evaluation, shared, readAndKeep);
        } finally {
          delete this.#lastRead[key];
        }
      })
      .catch((error: unknown) => {
        // This caller's time is up, while another caller still waits.
        if (error instanceof UpstreamCallError) return this.#lastRead[key] ?? evaluation;
        throw error;
      });
    const isComplete = latest.pendingSignals.length === 0;
    this.#onEnd(isComplete ? 'complete' : isAbandoned(call) ? 'abandoned' : 'pending');
    return latest;
  }

  async #poll(evaluation: CustomerEvaluation, call: Call, read: Read): Promise<CustomerEvaluation> {
    let latest = evaluation;
    let readMs = typicalReadMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * pauseGrowth, maxPauseMs)) {
      // Jittered, so that calls that started together do not read together.
      const jitteredMs = pauseMs * (0.75 + Math.random() / 2);
      const leftMs = call.deadline.remainingMs;
      // Another read must fit after this one. If none does, this one is the last, as late as possible.
      const longestPauseMs = leftMs - 2 * readMs;
      const isLast = longestPauseMs < minPauseMs;
      // A signal that was pending a moment ago is still pending, so even a wait shorter than a read begins with a pause.
      const lastPauseMs = Math.max(leftMs - readMs, Math.min(minPauseMs, leftMs / 2));
      await pause(isLast ? lastPauseMs : Math.min(jitteredMs, longestPauseMs), call);
      if (isAbandoned(call)) return latest;
      if (await this.#acquireRate(call, readMs)) {
        const startedAt = performance.now();
        const next = await read(call).catch(durationOfFailure);
        if (next === 'for good') return latest;
        if (next !== 'for now') latest = next;
        readMs = Math.max(readMs, (performance.now() - startedAt) * readMargin);
      }
      if (latest.pendingSignals.length === 0) return latest;
      // Unless the deadline has moved meanwhile.
      if (isLast && call.deadline.remainingMs < readMs) return latest;
    }
  }

  /**
   * False if the rate limit leaves no time for a read: above the limit, the calls that have waited longest would
   * otherwise take all the slots, with no time left to use them.
   */
  async #acquireRate(call: Call, readMs: number): Promise<boolean> {
    if (call.deadline.remainingMs < minReadMs) return false;
    const patienceMs = (): number => Math.max(call.deadline.remainingMs - readMs, 0);
    try {
      await this.#rateLimiters.of(call.account).pass(call, patienceMs);
      return true;
    } catch (error) {
      if (error instanceof QueueRejectedError) return false;
      throw error;
    }
  }
}

/** `for good` if no later read can succeed. A new evaluation may not be found at once. */
function durationOfFailure(error: unknown): 'for now' | 'for good' {
  if (error instanceof UpstreamCallError) {
    return error.retryable || error.code === 'NOT_FOUND' ? 'for now' : 'for good';
  }
  if (error instanceof GatewayError) return 'for now';
  throw error;
}

/** Ends early if nobody waits any more. */
function pause(ms: number, { signal }: Call): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
  });
}
