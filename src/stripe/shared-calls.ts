import { Failure } from '../errors/failure.ts';
import type { Deadline } from './deadline.ts';

/** Who takes part in a call. */
export interface Participant {
  readonly deadline: Deadline;
  /** Aborted when the participant hangs up. */
  readonly signal: AbortSignal | undefined;
}

interface SharedCall<Answer> {
  readonly request: string;
  readonly add: (participant: Participant) => void;
  readonly answer: Promise<Answer>;
}

/**
 * Calls that meet in this process under one idempotency key share one upstream call and its outcome: the
 * upstream would answer all but one of them with a 409. Those that meet elsewhere meet there.
 */
export class SharedCalls<Answer> {
  readonly #underWay = new Map<string, SharedCall<Answer>>();

  /**
   * Joins the call under `key`, or begins it. Throws `IDEMPOTENCY_CONFLICT` where the one under way has another
   * `request`, and `UPSTREAM_TIMEOUT` at the participant's own deadline.
   *
   * `begin` is given a signal that aborts when every participant has hung up.
   */
  join(
    key: string,
    request: string,
    participant: Participant,
    begin: (allGone: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const underWay = this.#underWay.get(key);
    if (underWay === undefined) return this.#begin(key, request, participant, begin);
    if (underWay.request !== request) throw new Failure('IDEMPOTENCY_CONFLICT', { effect: 'NONE' });
    underWay.add(participant);
    return untilDeadline(underWay.answer, participant.deadline);
  }

  #begin(
    key: string,
    request: string,
    participant: Participant,
    begin: (allGone: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const allGone = new AbortController();
    let waiting = 0;
    const add = ({ signal }: Participant): void => {
      waiting += 1;
      const leave = (): void => {
        waiting -= 1;
        if (waiting === 0) allGone.abort();
      };
      if (signal?.aborted) leave();
      else signal?.addEventListener('abort', leave, { once: true });
    };
    add(participant);
    const answer = begin(allGone.signal).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, { request, add, answer });
    return answer;
  }
}

// Who joined late may have a shorter deadline than the one who began.
function untilDeadline<Answer>(answer: Promise<Answer>, deadline: Deadline): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Failure('UPSTREAM_TIMEOUT', { effect: 'UNKNOWN' }));
    }, deadline.remainingMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
