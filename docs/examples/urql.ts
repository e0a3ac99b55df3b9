import type { Client, CombinedError } from '@urql/core';
import { type CustomerEvaluationRiskLevel, EvaluateLoginDocument } from 'customer-evaluations';

/** How long a log-in may wait for its evaluation, with all retries, in milliseconds. */
const budgetMs = 3_000;

export interface Risk {
  /** Null if Stripe gives neither a level nor a score, or if there is no evaluation. */
  readonly level: CustomerEvaluationRiskLevel | null;
  /** Whether the level comes later, with Stripe's API v2: read the evaluation again. */
  readonly isPending: boolean;
  /** The code of the failure if there is no evaluation, or its signals are hidden. Let the person in after an outage. */
  readonly failure: string | null;
}

/**
 * The risk that the account logging in is shared. Never throws, and takes no longer than the budget.
 * Each call is an evaluation: make one per submit, and disable the button meanwhile.
 */
export async function riskOfLogin(client: Client, radarSession: string, customer: string): Promise<Risk> {
  // One key per attempt: however often the request is sent, it is evaluated and billed once.
  const variables = { radarSession, customer, idempotencyKey: randomKey() };
  const endsAt = performance.now() + budgetMs;
  for (let attempt = 1; ; attempt += 1) {
    const context = within(Math.max(1, Math.ceil(endsAt - performance.now())));
    const { data, error } = await client.mutation(EvaluateLoginDocument, variables, context).toPromise();
    const payload = data?.createCustomerEvaluation;
    if (payload?.customerEvaluation) {
      const { signals, pendingSignals } = payload.customerEvaluation;
      // `__typename` narrows the union to the type that has this signal.
      const signal = signals?.__typename === 'LoginSignals' ? signals.accountSharing : null;
      return {
        level: signal ? levelOf(signal) : null,
        isPending: pendingSignals.length > 0,
        failure: error ? ofRequest(error).code : null,
      };
    }
    // A failed call has its errors in the payload; a request refused before the call is a GraphQL or HTTP error.
    const [failure] = payload?.errors ?? [];
    const { code, retryable, retryAfterMs } = failure ?? ofRequest(error);
    const waitMs = retryAfterMs ?? 200 * attempt;
    const isLast = !retryable || attempt === 3 || performance.now() + waitMs >= endsAt;
    if (isLast) return { level: null, isPending: false, failure: code };
    await new Promise((done) => setTimeout(done, waitMs));
  }
}

/** Stripe may give a score without a level, or a level that is newer than the gateway. The bands are those of its guide. */
function levelOf({ riskLevel, score }: Signal): CustomerEvaluationRiskLevel | null {
  if (riskLevel != null && riskLevel !== 'UNKNOWN') return riskLevel;
  if (score == null) return null;
  if (score >= 75) return 'HIGHEST';
  return score >= 65 ? 'ELEVATED' : 'NORMAL';
}

interface Signal {
  readonly riskLevel: CustomerEvaluationRiskLevel | null;
  readonly score: number | null;
}

/** The header makes the gateway give up in time; the signal is for a gateway that does not answer. */
function within(timeoutMs: number) {
  const budget = AbortSignal.timeout(timeoutMs);
  // Wraps `fetch`, because `fetchOptions` here would replace the client's, and urql overwrites a signal in them.
  return {
    fetch: (url: RequestInfo | URL, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      headers.set('x-request-timeout-ms', String(timeoutMs));
      const signal = init.signal ? AbortSignal.any([init.signal, budget]) : budget;
      return fetch(url, { ...init, headers, signal });
    },
  };
}

function ofRequest(error: CombinedError | undefined) {
  const refusals = error?.graphQLErrors ?? [];
  // A router may put its own error first; only the gateway's has `retryable`.
  const extensions = refusals.map((each) => each.extensions);
  const refusal = extensions.find((each) => typeof each['retryable'] === 'boolean') ?? extensions[0];
  // Without `retryable` the evaluation may exist; the idempotency key makes a retry safe.
  const { code = 'NO_ANSWER', retryable = true, retryAfterMs } = refusal ?? {};
  return {
    code: String(code),
    retryable: retryable === true,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
  };
}

/** A random key. Browsers offer `crypto.randomUUID` only on https and localhost. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
