import {
  CreateCustomerEvaluationDocument,
  type CreateCustomerEvaluationInput,
  type CreateCustomerEvaluationMutation,
  ReportCustomerEvaluationDocument,
} from 'customer-evaluations';
import { ClientError, type GraphQLClient } from 'graphql-request';

/** On a server: evaluates a login or registration, decides, and tells Stripe what was decided. */
export async function decide(
  client: GraphQLClient,
  input: CreateCustomerEvaluationInput,
): Promise<'ALLOWED' | 'BLOCKED'> {
  // One key for one attempt of a person: however often it is sent, it is evaluated and billed once.
  const create = { input: { ...input, idempotencyKey: crypto.randomUUID() } };
  const { id, signals } = await settled(
    async () => (await client.request(CreateCustomerEvaluationDocument, create)).createCustomerEvaluation,
  );
  const status = riskOf(signals) === 'HIGHEST' ? 'BLOCKED' : 'ALLOWED';

  const report = { id, report: { outcome: { status } }, idempotencyKey: crypto.randomUUID() } as const;
  await settled(
    async () => (await client.request(ReportCustomerEvaluationDocument, report)).reportCustomerEvaluation,
  );
  return status;
}

type Created = NonNullable<CreateCustomerEvaluationMutation['createCustomerEvaluation']>;
type Signals = NonNullable<Created['customerEvaluation']>['signals'];

/** Each event type by its own signal. */
function riskOf(signals: Signals) {
  switch (signals?.__typename) {
    case 'LoginSignals':
      return signals.accountSharing?.riskLevel;
    case 'RegistrationSignals':
      return signals.multiAccounting?.riskLevel;
    default:
      return undefined;
  }
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | null;
}

/** Sends until there is an evaluation, or a failure that a repeat would not mend. */
async function settled<Evaluation>(
  send: () => Promise<{ customerEvaluation: Evaluation | null; errors: Failure[] } | null>,
): Promise<Evaluation> {
  for (let attempt = 1; ; attempt += 1) {
    const payload = await send().catch((error: unknown) => ({
      customerEvaluation: null,
      errors: [ofRequest(error)],
    }));
    if (payload?.customerEvaluation) return payload.customerEvaluation;
    // Failures of the call are in the payload; what stopped the request before it was thrown.
    const [failure = noAnswer] = payload?.errors ?? [];
    if (!failure.retryable || attempt === 3) throw new Error(`${failure.code}: ${failure.message}`);
    await new Promise((done) => setTimeout(done, failure.retryAfterMs ?? 200 * attempt));
  }
}

// It may have been done: the key makes a repeat safe.
const noAnswer: Failure = { code: 'NO_ANSWER', message: 'There was no answer.', retryable: true };

function ofRequest(error: unknown): Failure {
  const [refusal] = (error instanceof ClientError && error.response.errors) || [];
  if (!refusal) return noAnswer;
  const { code, retryable, retryAfterMs } = refusal.extensions as Partial<Failure>;
  return {
    code: String(code),
    message: refusal.message,
    retryable: retryable === true,
    retryAfterMs: retryAfterMs ?? null,
  };
}
