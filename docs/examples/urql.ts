import type { Client, CombinedError } from '@urql/core';
import { type CustomerEvaluationRiskLevel, EvaluateLoginDocument } from 'customer-evaluations';

/** How likely it is that the account which logs in is shared; null where Stripe does not say. */
export async function riskOfLogin(
  client: Client,
  radarSession: string,
  customer: string,
): Promise<CustomerEvaluationRiskLevel | null> {
  // One key for one attempt of a person: however often it is sent, it is evaluated and billed once.
  const variables = { radarSession, customer, idempotencyKey: drawKey() };
  for (let attempt = 1; ; attempt += 1) {
    const { data, error } = await client.mutation(EvaluateLoginDocument, variables).toPromise();
    const payload = data?.createCustomerEvaluation;
    if (payload?.customerEvaluation) {
      const { signals } = payload.customerEvaluation;
      // Narrowed by its name, a member has its own signal and no other.
      return signals?.__typename === 'LoginSignals' ? (signals.accountSharing?.riskLevel ?? null) : null;
    }
    // Failures of the call are in the payload; what stopped the request before it is an error of GraphQL or HTTP.
    const [failure] = payload?.errors ?? [];
    const { code, message, retryable, retryAfterMs } = failure ?? ofRequest(error);
    if (!retryable || attempt === 3) throw new Error(`${code}: ${message}`);
    await new Promise((done) => setTimeout(done, retryAfterMs ?? 200 * attempt));
  }
}

function ofRequest(error: CombinedError | undefined) {
  const [refusal] = error?.graphQLErrors ?? [];
  // No answer at all: it may have been done, and the key makes a repeat safe.
  if (!refusal) return { code: 'NO_ANSWER', message: String(error), retryable: true, retryAfterMs: null };
  const { message, extensions } = refusal;
  return {
    code: String(extensions['code']),
    message,
    retryable: extensions['retryable'] === true,
    retryAfterMs: typeof extensions['retryAfterMs'] === 'number' ? extensions['retryAfterMs'] : null,
  };
}

/** A random key. Not `crypto.randomUUID`, which browsers have on https and localhost alone. */
function drawKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
