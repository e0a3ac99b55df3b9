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
/** The time for the last read, so that it ends before the wait does. */
const lastReadMs = 300;
/** A read with less time is not worth its place in the rate limit. */
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
   * The evaluation with its signals, or its latest state when the time is up or the client is gone. Never rejects: the
   * evaluation exists even if reading it fails.
   */
  async complete(evaluation: CustomerEvaluation, call: Call, read: Read): Promise<CustomerEvaluation> {
    if (evaluation.pendingSignals.length === 0) return evaluation;
    const waitMs = Math.min(this.#settings.waitMs, call.deadline.remainingMs - answerMs);
    if (waitMs <= 0) return evaluation;
    const waiting = { ...call, deadline: new Deadline(waitMs) };
    const latest = await this.#waits
      .run(`${call.account} ${evaluation.id}`, '', waiting, (shared) => this.#poll(evaluation, shared, read))
      .catch((error: unknown) => {
        // This caller's time is up, while another caller still waits.
        if (error instanceof UpstreamCallError) return evaluation;
        throw error;
      });
    const isComplete = latest.pendingSignals.length === 0;
    this.#onEnd(isComplete ? 'complete' : isAbandoned(call) ? 'abandoned' : 'pending');
    return latest;
  }

  async #poll(evaluation: CustomerEvaluation, call: Call, read: Read): Promise<CustomerEvaluation> {
    let latest = evaluation;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * pauseGrowth, maxPauseMs)) {
      // Jittered, so that calls that started together do not read together.
      const jitteredMs = pauseMs * (0.75 + Math.random() / 2);
      const leftMs = call.deadline.remainingMs;
      const isLast = leftMs < jitteredMs + lastReadMs;
      await pause(isLast ? Math.max(leftMs - lastReadMs, leftMs / 2) : jitteredMs, call);
      if (isAbandoned(call)) return latest;
      latest = (await this.#readInTurn(call, read)) ?? latest;
      if (latest.pendingSignals.length === 0) return latest;
      // Unless the deadline has moved meanwhile.
      if (isLast && call.deadline.remainingMs < lastReadMs) return latest;
    }
  }

  /** Undefined if this read failed. */
  async #readInTurn(call: Call, read: Read): Promise<CustomerEvaluation | undefined> {
    try {
      const leftMs = (): number => call.deadline.remainingMs - minReadMs;
      if (leftMs() < 0) return undefined;
      await this.#rateLimiters.of(call.account).pass(call, leftMs(), leftMs);
      return await read(call);
    } catch (error) {
      const isForNow = error instanceof UpstreamCallError || error instanceof GatewayError;
      if (isForNow || error instanceof QueueRejectedError) return undefined;
      throw error;
    }
  }
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
