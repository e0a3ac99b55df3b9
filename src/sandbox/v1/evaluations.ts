import { randomBytes } from 'node:crypto';
import type { MagicRequest } from '../magic-request.ts';
import { bandOf, scoreOf } from '../scores.ts';
import type { CreateParameters } from './parameters.ts';

/** An evaluation as the upstream writes it. */
export interface SandboxEvaluation {
  readonly id: string;
  /** What was reported; null before. */
  readonly events: readonly object[] | null;
  readonly [field: string]: unknown;
}

/** The id of an evaluation that is there from the start, for whoever wants to report or retrieve one at once. */
const exampleId = 'ceval_example';

/** Makes and keeps evaluations, the newest `capacity` of them, and the example. */
export class Evaluations {
  readonly #byId = new Map<string, SandboxEvaluation>();
  readonly #capacity: number;
  #example = example();
  #created = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many were ever made: the effects that an exactly-once caller is measured by. */
  get created(): number {
    return this.#created;
  }

  create(params: CreateParameters, magic: MagicRequest, livemode: boolean): SandboxEvaluation {
    const evaluation = describe(params, magic, livemode);
    this.#byId.set(evaluation.id, evaluation);
    this.#created += 1;
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > this.#capacity && oldest !== undefined) this.#byId.delete(oldest);
    return evaluation;
  }

  /** Keeps an evaluation's next state in place of its last. */
  replace(evaluation: SandboxEvaluation): SandboxEvaluation {
    if (evaluation.id === exampleId) this.#example = evaluation;
    else this.#byId.set(evaluation.id, evaluation);
    return evaluation;
  }

  get(id: string): SandboxEvaluation | undefined {
    return id === exampleId ? this.#example : this.#byId.get(id);
  }
}

function example(): SandboxEvaluation {
  const params: CreateParameters = {
    event_type: 'login',
    evaluation_context: [{ type: 'customer_details', customer_details: { customer: 'cus_1' } }],
  };
  return { ...describe(params, { delayMs: 0 }, false), id: exampleId };
}

function describe(params: CreateParameters, magic: MagicRequest, livemode: boolean): SandboxEvaluation {
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
