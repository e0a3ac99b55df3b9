/**
 * The responses of the worked examples in the API reference.
 * Source: https://docs.stripe.com/api/radar/customer_evaluations
 */
export const registrationAnswer = {
  id: 'ceval_1STAJ19XxSPY66dBEesAnzjw',
  object: 'radar.customer_evaluation',
  event_type: 'registration',
  livemode: true,
  created_at: 1715769600,
  customer: 'cus_1STA7a9XxSPY66dBhVL80eEC',
  events: null,
  signals: { multi_accounting: { score: 50, evaluated_at: 1715769600, risk_level: null } },
};

export const loginAnswer = {
  ...registrationAnswer,
  event_type: 'login',
  signals: { account_sharing: { score: 50, evaluated_at: 1715769600, risk_level: null } },
};

/** Selects all fields of a payload. */
export const createEverything = `
  mutation Create($input: CreateCustomerEvaluationInput!) {
    createCustomerEvaluation(input: $input) {
      customerEvaluation { ...Everything }
      errors { code message path retryable effect retryAfterMs upstreamRequestId }
      idempotencyKey
    }
  }
  fragment Everything on CustomerEvaluation {
    id eventType livemode createdAt status
    customer { id }
    events { type occurredAt failureReason }
    signals {
      __typename
      ... on LoginSignals { accountSharing { ...Parts } multiAccounting { ...Parts } }
      ... on RegistrationSignals { multiAccounting { ...Parts } accountSharing { ...Parts } }
    }
    pendingSignals
  }
  fragment Parts on CustomerEvaluationSignal { __typename score riskLevel evaluatedAt }
`;

/** A small valid input. */
export function registration(overrides: object = {}): object {
  return {
    eventType: 'REGISTRATION',
    evaluationContext: [{ clientDetails: { radarSession: 'rse_1' } }],
    ...overrides,
  };
}
