import { type ApolloClient, CombinedGraphQLErrors } from '@apollo/client';
import {
  type CustomerEvaluationRiskLevel,
  EvaluateRegistrationDocument,
  type EvaluationCustomerDataInput,
} from 'customer-evaluations';

/** How likely the person signing up holds several accounts; null if Stripe gives no level. */
export async function riskOfSignUp(
  client: ApolloClient,
  radarSession: string,
  customerData: EvaluationCustomerDataInput,
): Promise<CustomerEvaluationRiskLevel | null> {
  // One key per attempt: however often the request is sent, it is evaluated and billed once.
  const variables = { radarSession, customerData, idempotencyKey: randomKey() };
  for (let attempt = 1; ; attempt += 1) {
    const { data, error } = await client.mutate({
      mutation: EvaluateRegistrationDocument,
      variables,
      errorPolicy: 'all',
    });
    const payload = data?.createCustomerEvaluation;
    if (payload?.customerEvaluation) {
      const { signals } = payload.customerEvaluation;
      // `__typename` narrows the union to the type that has this signal.
      return signals?.__typename === 'RegistrationSignals'
        ? (signals.multiAccounting?.riskLevel ?? null)
        : null;
    }
    // A failed call has its errors in the payload; a request refused before the call is a GraphQL or HTTP error.
    const [failure] = payload?.errors ?? [];
    const { code, message, retryable, retryAfterMs } = failure ?? ofRequest(error);
    if (!retryable || attempt === 3) throw new Error(`${code}: ${message}`);
    await new Promise((done) => setTimeout(done, retryAfterMs ?? 200 * attempt));
  }
}

function ofRequest(error: unknown) {
  if (CombinedGraphQLErrors.is(error) && error.errors[0]) {
    const { message, extensions = {} } = error.errors[0];
    const { code, retryable, retryAfterMs } = extensions;
    return {
      code: String(code),
      message,
      retryable: retryable === true,
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
    };
  }
  // No response: the evaluation may exist, and the key makes a retry safe.
  return { code: 'NO_ANSWER', message: String(error), retryable: true, retryAfterMs: null };
}

/** A random key. Browsers offer `crypto.randomUUID` only on https and localhost. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
