import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { Deadline } from './deadline.ts';

/** A caller that waits for a call. */
export interface Participant {
  readonly deadline: Deadline;
  /** Aborted when the participant disconnects. */
  readonly signal: AbortSignal | undefined;
}

/** Those who wait for one call, as the call sees them. They may come and go while it runs. */
export interface Waiters {
  /** The latest of their deadlines: it moves when a more patient caller joins. */
  readonly deadline: Deadline;
  /** Whether nobody waits at this moment: nothing more should be sent then. */
  readonly isAbandoned: boolean;
  /** Aborted when nobody waits any more, for waits in queues; a caller may still join afterwards. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Single-flight: calls that meet in this process under one idempotency key share one upstream call and its outcome.
 * Duplicates in other processes get Stripe's 409, which the retry policy handles.
 *
 * A shared call lives as long as its most patient caller; each caller is answered by its own deadline.
 */
export class SingleFlight<Response> {
  readonly #underWay = new Map<string, SharedCall<Response>>();

  /**
   * Joins the call under `key`, or begins it. Throws `IDEMPOTENCY_CONFLICT` if the one under way has another `request`;
   * rejects with `UPSTREAM_TIMEOUT` when the call outlives the participant's own deadline.
   */
  run(
    key: string,
    request: string,
    participant: Participant,
    begin: (waiters: Waiters) => Promise<Response>,
  ): Promise<Response> {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      if (underWay.request !== request)
        throw new UpstreamCallError('IDEMPOTENCY_CONFLICT', { effect: 'NONE' });
      return underWay.join(participant);
    }
    const call = new SharedCall<Response>(request, participant.deadline);
    this.#underWay.set(key, call);
    const response = call.join(participant);
    begin(call)
      .finally(() => this.#underWay.delete(key))
      .then(call.resolve, call.reject);
    return response;
  }
}

class SharedCall<Response> implements Waiters {
  readonly request: string;
  readonly deadline: Deadline;
  readonly #abandoned = new AbortController();
  readonly #participants = new Set<WaitingParticipant<Response>>();
  #waiting = 0;

  constructor(request: string, deadline: Deadline) {
    this.request = request;
    this.deadline = deadline.copy();
  }

  get isAbandoned(): boolean {
    return this.#waiting === 0;
  }

  get signal(): AbortSignal {
    return this.#abandoned.signal;
  }

  join({ deadline, signal }: Participant): Promise<Response> {
    return new Promise((resolve, reject) => {
      let waits = true;
      const leave = (): void => {
        if (!waits) return;
        waits = false;
        this.#waiting -= 1;
        if (this.isAbandoned) this.#abandoned.abort();
      };
      this.#waiting += 1;
      this.#participants.add({ deadline, timer: undefined, leave, resolve, reject });
      this.#moveDeadline(deadline);
      if (signal?.aborted) leave();
      else signal?.addEventListener('abort', leave, { once: true });
    });
  }

  readonly resolve = (response: Response): void => this.#settle(({ resolve }) => resolve(response));
  readonly reject = (error: unknown): void => this.#settle(({ reject }) => reject(error));

  #settle(settle: (participant: WaitingParticipant<Response>) => void): void {
    for (const participant of this.#participants) {
      clearTimeout(participant.timer);
      settle(participant);
    }
  }

  // The call itself ends by the latest deadline, and knows best then what happened. Those with an earlier one need a
  // timer of their own: none does while a caller is alone.
  #moveDeadline(deadline: Deadline): void {
    this.deadline.extendTo(deadline);
    for (const participant of this.#participants) {
      if (participant.timer !== undefined || !participant.deadline.isBefore(this.deadline)) continue;
      participant.timer = setTimeout(() => {
        participant.reject(new UpstreamCallError('UPSTREAM_TIMEOUT', { effect: 'UNKNOWN' }));
        participant.leave();
      }, participant.deadline.remainingMs);
    }
  }
}

interface WaitingParticipant<Response> {
  readonly deadline: Deadline;
  timer: NodeJS.Timeout | undefined;
  /** The participant waits no longer. */
  readonly leave: () => void;
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}
