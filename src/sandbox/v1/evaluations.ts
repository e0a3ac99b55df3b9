import { randomBytes } from 'node:crypto';
import { KeptByAccount } from '../kept-by-account.ts';
import type { MagicRequest } from '../magic-request.ts';
import { bandOf, scoreOf } from '../scores.ts';
import type { CreateParameters } from './parameters.ts';

/** An evaluation as the upstream writes it. */
export interface SandboxEvaluation {
  readonly id: string;
  /** The reported events; null before the first. */
  readonly events: readonly object[] | null;
  readonly [field: string]: unknown;
}

/** The id of an evaluation that exists from the start, to be reported or retrieved immediately. */
const exampleId = 'ceval_example';

/** The input of an evaluation. */
interface Order {
  readonly params: CreateParameters;
  readonly magic: MagicRequest;
  readonly livemode: boolean;
}

/** Makes and keeps evaluations, each for its account: the newest `capacity` of all, and an example for each account. */
export class Evaluations {
  readonly #kept: KeptByAccount<SandboxEvaluation>;
  readonly #example = example();
  #created = 0;

  constructor(capacity: number) {
    this.#kept = new KeptByAccount(capacity);
  }

  /** The number of evaluations ever made, which the exactly-once tests count. */
  get created(): number {
    return this.#created;
  }

  create(account: string, order: Order): SandboxEvaluation {
    this.#created += 1;
    return this.replace(account, describe(order));
  }

  /** Replaces an evaluation's state. */
  replace(account: string, evaluation: SandboxEvaluation): SandboxEvaluation {
    this.#kept.set(account, evaluation.id, evaluation);
    return evaluation;
  }

  get(account: string, id: string): SandboxEvaluation | undefined {
    return this.#kept.get(account, id) ?? (id === exampleId ? this.#example : undefined);
  }
}

function example(): SandboxEvaluation {
  const params: CreateParameters = {
    event_type: 'login',
    evaluation_context: [{ type: 'customer_details', customer_details: { customer: 'cus_1' } }],
  };
  return { ...describe({ params, magic: { delayMs: 0 }, livemode: false }), id: exampleId };
}

function describe({ params, magic, livemode }: Order): SandboxEvaluation {
  const now = Math.floor(Date.now() / 1000);
  const score = magic.score ?? scoreOf(params);
  const signal = {
    score,
    evaluated_at: now,
    risk_level: magic.riskLevel === undefined ? bandOf(score) : magic.riskLevel,
  };
  const asked = params.event_type;
  const eventType = magic.otherEventType ? (asked === 'login' ? 'registration' : 'login') : asked;
  return {
    id: `ceval_${randomBytes(12).toString('hex')}`,
    object: 'radar.customer_evaluation',
    event_type: eventType,
    livemode,
    created_at: now,
    customer: customerOf(params),
    events: null,
    signals: signalsOf(eventType, signal, magic.signals),
    ...(magic.signals === 'new' ? { shoe_size: 43 } : {}),
  };
}

function signalsOf(eventType: string, signal: object, shape: MagicRequest['signals']): object | null {
  const own = eventType === 'login' ? 'account_sharing' : 'multi_accounting';
  switch (shape) {
    case 'null':
      return null;
    case 'empty':
      return {};
    case 'both':
      return { account_sharing: signal, multi_accounting: signal };
    case 'new':
      return { [own]: signal, time_travel: signal };
    default:
      return { [own]: signal };
  }
}

function customerOf(params: CreateParameters): string | null {
  for (const entry of params.evaluation_context) {
    if (entry.type === 'customer_details') return entry.customer_details.customer ?? null;
  }
  return null;
}
