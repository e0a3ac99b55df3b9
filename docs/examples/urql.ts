import type { Client, CombinedError } from '@urql/core';
import { type CustomerEvaluationRiskLevel, EvaluateLoginDocument } from 'customer-evaluations';

/** How likely the account logging in is shared; null if Stripe gives no level. */
export async function riskOfLogin(
  client: Client,
  radarSession: string,
  customer: string,
): Promise<CustomerEvaluationRiskLevel | null> {
  // One key per attempt: however often the request is sent, it is evaluated and billed once.
  const variables = { radarSession, customer, idempotencyKey: randomKey() };
  for (let attempt = 1; ; attempt += 1) {
    const { data, error } = await client.mutation(EvaluateLoginDocument, variables).toPromise();
    const payload = data?.createCustomerEvaluation;
    if (payload?.customerEvaluation) {
      const { signals } = payload.customerEvaluation;
      // `__typename` narrows the union to the type that has this signal.
      return signals?.__typename === 'LoginSignals' ? (signals.accountSharing?.riskLevel ?? null) : null;
    }
    // A failed call has its errors in the payload; a request refused before the call is a GraphQL or HTTP error.
    const [failure] = payload?.errors ?? [];
    const { code, message, retryable, retryAfterMs } = failure ?? ofRequest(error);
    if (!retryable || attempt === 3) throw new Error(`${code}: ${message}`);
    await new Promise((done) => setTimeout(done, retryAfterMs ?? 200 * attempt));
  }
}

function ofRequest(error: CombinedError | undefined) {
  const [refusal] = error?.graphQLErrors ?? [];
  // No response: the evaluation may exist, and the key makes a retry safe.
  if (!refusal) return { code: 'NO_ANSWER', message: String(error), retryable: true, retryAfterMs: null };
  const { message, extensions } = refusal;
  return {
    code: String(extensions['code']),
    message,
    retryable: extensions['retryable'] === true,
    retryAfterMs: typeof extensions['retryAfterMs'] === 'number' ? extensions['retryAfterMs'] : null,
  };
}

/** A random key. Browsers offer `crypto.randomUUID` only on https and localhost. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
