import type {
  CustomerEvaluationErrorCode,
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
  | { readonly outcome: 'unscored'; readonly id: string }
  /** Not evaluated. A product lets people in all the same: a fraud check that is down must not close the door. */
  | { readonly outcome: 'failed'; readonly why: string };

type Answer = GraphQLAnswer<EvaluateLoginMutation | EvaluateRegistrationMutation>;
type Payload = NonNullable<
  (EvaluateLoginMutation | EvaluateRegistrationMutation)['createCustomerEvaluation']
>;
type Signals = NonNullable<NonNullable<Payload['customerEvaluation']>['signals']>;

export function verdictOf({ data, errors = [] }: Answer): Verdict {
  const payload = data?.createCustomerEvaluation;
  const evaluation = payload?.customerEvaluation;
  if (evaluation != null) {
    const own = evaluation.signals === null ? undefined : ownSignal(evaluation.signals);
    return own?.reading == null
      ? { outcome: 'unscored', id: evaluation.id }
      : { outcome: 'scored', id: evaluation.id, signal: own.signal, reading: own.reading };
  }
  const [failure] = payload?.errors ?? [];
  if (failure !== undefined) return { outcome: 'failed', why: `${adviceOn(failure.code)} (${failure.code})` };
  return { outcome: 'failed', why: errors.map(({ message }) => message).join(' ') || 'The answer is empty.' };
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

function adviceOn(code: CustomerEvaluationErrorCode): string {
  switch (code) {
    case 'BAD_USER_INPUT':
      return 'A value was refused.';
    case 'UPSTREAM_TIMEOUT':
    case 'UPSTREAM_UNAVAILABLE':
      return 'Stripe did not answer. Send again with the same key, and nothing happens twice.';
    case 'UPSTREAM_RATE_LIMITED':
      return 'Too many calls. Wait, and send again with the same key.';
    default:
      return 'There is no score.';
  }
}
