import CircuitBreaker from 'opossum';
import type { RawAnswer } from './transport.ts';

/** Nothing was sent: the upstream failed too often of late. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';
}

/** So long after it opens, the breaker lets one attempt through to see. */
export const probeAfterMs = 1_000;

/**
 * Answers at once while the upstream is down: opens when half of the attempts of three seconds failed, and at
 * least ten were made. Every second one attempt is let through; its success closes the breaker.
 *
 * Failed means no whole answer, or a 5xx. What the upstream refuses of a client's input, or limits, it does
 * while it works.
 */
export class Breaker {
  readonly #circuit: CircuitBreaker<[() => Promise<RawAnswer>], RawAnswer>;

  constructor(onChange: (state: 'open' | 'closed') => void) {
    this.#circuit = new CircuitBreaker(
      async (attempt: () => Promise<RawAnswer>) => {
        const answer = await attempt();
        if (answer.status >= 500) throw new FailedAnswer(answer);
        return answer;
      },
      {
        // An attempt's time limit is the transport's.
        timeout: false,
        errorThresholdPercentage: 50,
        rollingCountTimeout: 3_000,
        rollingCountBuckets: 6,
        volumeThreshold: 10,
        resetTimeout: probeAfterMs,
        rollingPercentilesEnabled: false,
        enableSnapshots: false,
      },
    );
    this.#circuit.on('open', () => onChange('open'));
    this.#circuit.on('close', () => onChange('closed'));
  }

  /**
   * Whether it refuses everything for now. Not while it waits for an attempt to see: a gateway that is out of
   * service until then would wait for ever.
   */
  get isOpen(): boolean {
    return this.#circuit.opened;
  }

  get state(): 'closed' | 'half_open' | 'open' {
    if (this.#circuit.opened) return 'open';
    return this.#circuit.halfOpen ? 'half_open' : 'closed';
  }

  /**
   * Runs an attempt, or throws a `BreakerOpenError`. One that is not `counted`, since its caller leaves it too
   * little time, says nothing about the upstream: it neither opens nor closes.
   */
  async run(attempt: () => Promise<RawAnswer>, counted: boolean): Promise<RawAnswer> {
    if (!counted) {
      if (!this.#circuit.closed) throw new BreakerOpenError();
      return attempt();
    }
    try {
      return await this.#circuit.fire(attempt);
    } catch (error) {
      if (error instanceof FailedAnswer) return error.answer;
      throw CircuitBreaker.isOurError(error as Error) ? new BreakerOpenError() : error;
    }
  }

  /** Stops its timers. */
  close(): void {
    this.#circuit.shutdown();
  }
}

class FailedAnswer extends Error {
  readonly answer: RawAnswer;

  constructor(answer: RawAnswer) {
    super();
    this.answer = answer;
  }
}
