import type {
  CustomerEvaluationQuery,
  CustomerEvaluationRiskLevel,
} from '../../../../schema/generated/customer-evaluations.ts';
import type { Evaluated } from './attempt.ts';
import type { GraphQLAnswer } from './gateway.ts';

export interface Reading {
  /** Null if Stripe sends only a level. */
  readonly score: number | null;
  readonly riskLevel: CustomerEvaluationRiskLevel | null;
}

/** A product's decision on a response. */
export type Verdict =
  | { readonly outcome: 'scored'; readonly id: string; readonly signal: string; readonly reading: Reading }
  /** Evaluated; the signal arrives later. */
  | { readonly outcome: 'pending'; readonly id: string; readonly signal: string }
  /** Evaluated, but Stripe made no assessment. */
  | { readonly outcome: 'unscored'; readonly id: string; readonly why: string }
  /** Not evaluated. After an outage a product lets people in: a fraud check that is down must not lock them out. */
  | { readonly outcome: 'failed'; readonly code: string; readonly why: string };

/** Failures by what a person sent or how often. Letting people in for them would turn the evaluation off. */
export const causedByThePerson: ReadonlySet<string> = new Set([
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'IDEMPOTENCY_CONFLICT',
  'BAD_REQUEST',
  'RATE_LIMITED',
]);

type Answer = GraphQLAnswer<Evaluated>;
type Payload = NonNullable<Evaluated['createCustomerEvaluation']>;
type Evaluation = NonNullable<Payload['customerEvaluation'] | CustomerEvaluationQuery['customerEvaluation']>;

/** The verdict on the response to a sign-up or log-in. */
export function verdictOf({ data, errors }: Answer): Verdict {
  const payload = data?.createCustomerEvaluation;
  if (payload?.customerEvaluation != null) return verdictOn(payload.customerEvaluation);
  const [failure] = payload?.errors ?? [];
  if (failure !== undefined) return { outcome: 'failed', code: failure.code, why: adviceOn(failure) };
  return refused(errors);
}

/** The verdict on an evaluation that was read again. */
export function verdictOfRead({ data, errors }: GraphQLAnswer<CustomerEvaluationQuery>): Verdict {
  return data?.customerEvaluation == null ? refused(errors) : verdictOn(data.customerEvaluation);
}

function verdictOn({ id, signals, pendingSignals }: Evaluation): Verdict {
  const own = signals === null ? undefined : ownSignal(signals);
  if (own?.reading == null) {
    const [pending] = pendingSignals;
    if (pending !== undefined)
      return { outcome: 'pending', id, signal: nameOf[pending] ?? 'An unrecognized signal' };
    return { outcome: 'unscored', id, why: 'there is no signal' };
  }
  const { score, riskLevel } = own.reading;
  // Its score of 0 means nothing.
  const isAssessed = riskLevel !== 'NOT_ASSESSED';
  const saysNothing = score === null && (riskLevel === null || riskLevel === 'UNKNOWN');
  if (!isAssessed || saysNothing) return { outcome: 'unscored', id, why: 'Stripe made no assessment' };
  return { outcome: 'scored', id, signal: own.signal, reading: own.reading };
}

const nameOf: Readonly<Record<string, string>> = {
  ACCOUNT_SHARING: 'Account sharing',
  MULTI_ACCOUNTING: 'Multi-accounting',
};

/** Each event type has its own signal. */
function ownSignal(signals: NonNullable<Evaluation['signals']>): {
  signal: string;
  reading: Reading | null | undefined;
} {
  switch (signals.__typename) {
    case 'LoginSignals':
      return {
        signal: 'Account sharing',
        reading: 'accountSharing' in signals ? signals.accountSharing : null,
      };
    case 'RegistrationSignals':
      return {
        signal: 'Multi-accounting',
        reading: 'multiAccounting' in signals ? signals.multiAccounting : null,
      };
  }
}

function refused([refusal]: NonNullable<Answer['errors']> = []): Verdict {
  return {
    outcome: 'failed',
    code: refusal?.extensions?.code ?? 'no data',
    why: refusal?.message ?? 'The answer is empty.',
  };
}

function adviceOn({ code, path }: Payload['errors'][number]): string {
  switch (code) {
    case 'BAD_USER_INPUT':
      return `Stripe refused ${path?.at(-1) ?? 'a value'}.`;
    case 'NOT_FOUND':
      return `Stripe does not know this ${path?.at(-1) ?? 'object'}.`;
    case 'UPSTREAM_TIMEOUT':
    case 'UPSTREAM_UNAVAILABLE':
      return 'Stripe did not answer. Send again with the same key, and nothing happens twice.';
    case 'UPSTREAM_RATE_LIMITED':
      return 'Too many calls. Wait, and send again with the same key.';
    default:
      return 'There is no score.';
  }
}
