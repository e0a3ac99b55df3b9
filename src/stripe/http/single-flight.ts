import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { Call } from './call.ts';
import type { Deadline } from './deadline.ts';
import type { UpstreamObserver } from './observer.ts';
import type { StripeAccount } from './per-account.ts';

/**
 * Single-flight: concurrent calls in this process with one idempotency key share one upstream call and its outcome.
 * Duplicates in other processes get Stripe's 409, which the retry policy handles.
 *
 * A shared call has the latest deadline of its callers; each caller is answered by its own deadline.
 */
export class SingleFlight<Response> {
  // Not a Map: see docs/develop.md, “Decisions”.
  readonly #inFlight: Record<string, SharedCall<Response>> = Object.create(null);
  #size = 0;

  /** Calls in flight. */
  get size(): number {
    return this.#size;
  }

  /**
   * Joins the upstream call under `key`, or starts it. Throws `IDEMPOTENCY_CONFLICT` if the one in flight has another
   * `request`; rejects with `UPSTREAM_TIMEOUT` when it outlives the caller's own deadline. `begin` gets a call that
   * represents all participants: its deadline moves when one with a later deadline joins, and its signal is aborted
   * while nobody waits.
   */
  run(
    key: string,
    request: string,
    call: Call,
    begin: (shared: Call) => Promise<Response>,
  ): Promise<Response> {
    const inFlight = this.#inFlight[key];
    if (inFlight !== undefined) {
      if (inFlight.request !== request)
        throw new UpstreamCallError('IDEMPOTENCY_CONFLICT', { effect: 'NONE' });
      return inFlight.join(call);
    }
    const shared = new SharedCall<Response>(request, call);
    this.#inFlight[key] = shared;
    this.#size += 1;
    const response = shared.join(call);
    // Not `finally`, which makes three more promises for each call.
    begin(shared).then(
      (result) => {
        this.#forget(key);
        shared.resolve(result);
      },
      (error: unknown) => {
        this.#forget(key);
        shared.reject(error);
      },
    );
    return response;
  }

  #forget(key: string): void {
    delete this.#inFlight[key];
    this.#size -= 1;
  }
}

/**
 * The call that represents all participants. A class: a getter in an object literal makes a hidden class for each object,
 * which lives until the next major collection and keeps alive what the getter sees, the whole request.
 */
class SharedCall<Response> implements Call {
  readonly request: string;
  readonly caller: string;
  readonly account: StripeAccount;
  readonly observer: UpstreamObserver | undefined;
  readonly deadline: Deadline;
  readonly #participants = new Set<Participant<Response>>();
  #abandoned = new AbortController();
  #waiting = 0;

  constructor(request: string, { caller, account, observer, deadline }: Call) {
    this.request = request;
    this.caller = caller;
    this.account = account;
    this.observer = observer;
    this.deadline = deadline.copy();
  }

  get signal(): AbortSignal {
    return this.#abandoned.signal;
  }

  join({ deadline, signal }: Call): Promise<Response> {
    return new Promise((resolve, reject) => {
      let waits = true;
      const leave = (): void => {
        if (!waits) return;
        waits = false;
        this.#waiting -= 1;
        if (this.#waiting === 0) this.#abandoned.abort();
      };
      this.#waiting += 1;
      // Somebody waits again.
      if (this.#abandoned.signal.aborted) this.#abandoned = new AbortController();
      this.#participants.add({ deadline, timer: undefined, leave, resolve, reject });
      this.#moveDeadline(deadline);
      if (signal?.aborted) leave();
      else signal?.addEventListener('abort', leave, { once: true });
    });
  }

  readonly resolve = (response: Response): void => this.#settle(({ resolve }) => resolve(response));
  readonly reject = (error: unknown): void => this.#settle(({ reject }) => reject(error));

  #settle(settle: (participant: Participant<Response>) => void): void {
    for (const participant of this.#participants) {
      clearTimeout(participant.timer);
      settle(participant);
    }
  }

  // The call itself ends by the latest deadline, with the most precise error. Participants with an earlier deadline
  // need a timer; a single participant needs none.
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

/** A call that waits for the shared one. */
interface Participant<Response> {
  readonly deadline: Deadline;
  timer: NodeJS.Timeout | undefined;
  /** Removes the participant, which no longer waits. */
  readonly leave: () => void;
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}
