import type {
  CustomerEvaluationRiskLevel,
  EvaluateLoginMutation,
  EvaluateRegistrationMutation,
} from '../../../../schema/generated/customer-evaluations.ts';
import type { GraphQLAnswer } from './gateway.ts';

export interface Reading {
  readonly score: number;
  readonly riskLevel: CustomerEvaluationRiskLevel | null;
}

/** What a product makes of an answer. */
export type Verdict =
  | { readonly outcome: 'scored'; readonly id: string; readonly signal: string; readonly reading: Reading }
  /** Evaluated, and Stripe has nothing to say. */
  | { readonly outcome: 'unscored'; readonly id: string; readonly why: string }
  /** Not evaluated. A product lets people in all the same: a fraud check that is down must not close the door. */
  | { readonly outcome: 'failed'; readonly code: string; readonly why: string };

type Answer = GraphQLAnswer<EvaluateLoginMutation | EvaluateRegistrationMutation>;
type Payload = NonNullable<
  (EvaluateLoginMutation | EvaluateRegistrationMutation)['createCustomerEvaluation']
>;
type Signals = NonNullable<NonNullable<Payload['customerEvaluation']>['signals']>;

export function verdictOf({ data, errors = [] }: Answer): Verdict {
  const payload = data?.createCustomerEvaluation;
  const evaluation = payload?.customerEvaluation;
  if (evaluation != null) {
    const { id, signals } = evaluation;
    const own = signals === null ? undefined : ownSignal(signals);
    if (own?.reading == null) return { outcome: 'unscored', id, why: 'there is no signal' };
    // The score beside it is a 0 that means nothing.
    if (own.reading.riskLevel === 'NOT_ASSESSED')
      return { outcome: 'unscored', id, why: 'Stripe made no assessment' };
    return { outcome: 'scored', id, signal: own.signal, reading: own.reading };
  }
  const [failure] = payload?.errors ?? [];
  if (failure !== undefined) return { outcome: 'failed', code: failure.code, why: adviceOn(failure) };
  const [refusal] = errors;
  return {
    outcome: 'failed',
    code: refusal?.extensions?.code ?? 'no data',
    why: refusal?.message ?? 'The answer is empty.',
  };
}

/** Each event type has a signal of its own. */
function ownSignal(signals: Signals): { signal: string; reading: Reading | null | undefined } {
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
