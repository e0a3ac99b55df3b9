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
  /** At most, in milliseconds; 0 for not at all. */
  readonly waitMs: number;
  /** Reads a second for an account, of all its callers together: Stripe limits the reads of all ids as one endpoint. */
  readonly maxReadsPerSecond: number;
}

/** Reads the evaluation once more. */
type Read = (call: Call) => Promise<CustomerEvaluation>;

/** How a wait for signals ended: with all of them, without some, or because nobody waited any more. */
export type SignalWaitEnd = 'complete' | 'pending' | 'abandoned';

const firstPauseMs = 150;
const pauseGrowth = 1.6;
const maxPauseMs = 1_000;
/** What is left of the deadline for the answer itself. */
const answerMs = 50;

/**
 * Waits for the signals of an evaluation by reading it again, at growing intervals: how long Stripe takes is documented
 * nowhere. Waits of one evaluation share their reads. Each read waits for its turn under a ceiling, fairly between
 * callers. A webhook's completion event could end a pause early: that would be the place for it.
 */
export class SignalWaiter {
  readonly #settings: SignalWaitSettings;
  readonly #onEnd: (end: SignalWaitEnd) => void;
  readonly #ceilings: PerAccount<RateLimiter>;
  readonly #waits = new SingleFlight<CustomerEvaluation>();

  /** `onEnd` is told how each wait ended. */
  constructor(settings: SignalWaitSettings, onEnd: (end: SignalWaitEnd) => void) {
    this.#settings = settings;
    this.#onEnd = onEnd;
    this.#ceilings = new PerAccount(
      () => new RateLimiter(settings.maxReadsPerSecond),
      (ceiling) => ceiling.waiting === 0,
    );
  }

  /**
   * The evaluation with its signals, or as it stands when the time is up or the client has gone. Never rejects: the
   * evaluation was made, whatever its reads come to.
   */
  async complete(evaluation: CustomerEvaluation, call: Call, read: Read): Promise<CustomerEvaluation> {
    if (evaluation.pendingSignals.length === 0) return evaluation;
    const waitMs = Math.min(this.#settings.waitMs, call.deadline.remainingMs - answerMs);
    if (waitMs <= 0) return evaluation;
    const waiting = { ...call, deadline: new Deadline(waitMs) };
    const latest = await this.#waits
      .run(`${call.account} ${evaluation.id}`, '', waiting, (shared) => this.#poll(evaluation, shared, read))
      .catch((error: unknown) => {
        // Time is up for this one, while another caller waits on.
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
      // Jittered, so that calls which began together do not read together.
      await pause(Math.min(pauseMs * (0.75 + Math.random() / 2), call.deadline.remainingMs), call);
      if (isAbandoned(call) || call.deadline.remainingMs === 0) return latest;
      latest = (await this.#readInTurn(call, read)) ?? latest;
      if (latest.pendingSignals.length === 0) return latest;
    }
  }

  /** Undefined where it could not be read this time. */
  async #readInTurn(call: Call, read: Read): Promise<CustomerEvaluation | undefined> {
    try {
      await this.#ceilings.of(call.account).pass(call, call.deadline.remainingMs);
      return await read(call);
    } catch (error) {
      const isForNow = error instanceof UpstreamCallError || error instanceof GatewayError;
      if (isForNow || error instanceof QueueRejectedError) return undefined;
      throw error;
    }
  }
}

/** Ends early when nobody waits any more. */
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
