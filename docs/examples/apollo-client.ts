import { type ApolloClient, CombinedGraphQLErrors } from '@apollo/client';
import {
  type CustomerEvaluationRiskLevel,
  EvaluateRegistrationDocument,
  type EvaluationCustomerDataInput,
} from 'customer-evaluations';

/** How likely it is that who signs up holds several accounts; null where Stripe does not say. */
export async function riskOfSignUp(
  client: ApolloClient,
  radarSession: string,
  customerData: EvaluationCustomerDataInput,
): Promise<CustomerEvaluationRiskLevel | null> {
  // One key for one attempt of a person: however often it is sent, it is evaluated and billed once.
  const variables = { radarSession, customerData, idempotencyKey: drawKey() };
  for (let attempt = 1; ; attempt += 1) {
    const { data, error } = await client.mutate({
      mutation: EvaluateRegistrationDocument,
      variables,
      errorPolicy: 'all',
    });
    const payload = data?.createCustomerEvaluation;
    if (payload?.customerEvaluation) {
      const { signals } = payload.customerEvaluation;
      // Narrowed by its name, a member has its own signal and no other.
      return signals?.__typename === 'RegistrationSignals'
        ? (signals.multiAccounting?.riskLevel ?? null)
        : null;
    }
    // Failures of the call are in the payload; what stopped the request before it is an error of GraphQL or HTTP.
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
  // No answer at all: it may have been done, and the key makes a repeat safe.
  return { code: 'NO_ANSWER', message: String(error), retryable: true, retryAfterMs: null };
}

/** A random key. Not `crypto.randomUUID`, which browsers have on https and localhost alone. */
function drawKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
