import { randomBytes } from 'node:crypto';
import { KeptByAccount } from '../kept-by-account.ts';
import type { MagicRequest } from '../magic-request.ts';
import { advance, describe, type MadeEvaluation } from './account-evaluation.ts';
import type { CreateParameters } from './shapes.ts';

/** Evaluations that exist from the start, to be reported or retrieved immediately. */
const exampleIds = ['acctevl_example', 'ceval_example'];

/** Makes evaluations and keeps the newest, each for its account, and the examples, which all accounts share. */
export class AccountEvaluations {
  readonly #made: KeptByAccount<MadeEvaluation>;
  readonly #examples: ReadonlyMap<string, MadeEvaluation>;
  readonly #now: () => number;
  #created = 0;

  constructor(capacity: number, now: () => number) {
    this.#made = new KeptByAccount(capacity);
    this.#now = now;
    this.#examples = new Map(exampleIds.map((id) => [id, example(id, now())]));
  }

  /** The number of evaluations ever made. */
  get created(): number {
    return this.#created;
  }

  create(
    account: string,
    order: { params: CreateParameters; magic: MagicRequest; livemode: boolean; activity: string | undefined },
  ): MadeEvaluation {
    const id = `acctevl_${randomBytes(12).toString('hex')}`;
    const begun = { id, ...order, madeAt: this.#now(), reads: 0, completedAt: undefined };
    const made = advance(begun, begun.madeAt, 0);
    this.#made.set(account, id, made);
    this.#created += 1;
    return made;
  }

  has(account: string, id: string): boolean {
    return this.#examples.has(id) || this.#made.get(account, id) !== undefined;
  }

  /** The evaluation's current state. A read is counted, for evaluations that complete at a certain read. */
  describe(account: string, id: string, how: 'read' | 'repeated'): object | undefined {
    const example = this.#examples.get(id);
    if (example !== undefined) return describe(example);
    const made = this.#made.get(account, id);
    if (made === undefined) return undefined;
    const now = advance(made, this.#now(), how === 'read' ? made.reads + 1 : made.reads);
    this.#made.set(account, id, now);
    return describe(now);
  }
}

function example(id: string, now: number): MadeEvaluation {
  return {
    id,
    livemode: false,
    params: { account_details: { customer: 'cus_1' }, requested_signals: ['user_account_sharing'] },
    magic: { delayMs: 0 },
    activity: undefined,
    madeAt: now,
    reads: 0,
    completedAt: now,
  };
}
