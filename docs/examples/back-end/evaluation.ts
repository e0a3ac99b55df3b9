import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateCustomerEvaluationDocument,
  type CreateCustomerEvaluationInput,
  type CreateCustomerEvaluationMutation,
  type CustomerEvaluationRiskLevel,
  ReportCustomerEvaluationDocument,
  type ReportCustomerEvaluationMutationVariables,
} from 'customer-evaluations';
import { ClientError, GraphQLClient } from 'graphql-request';

/** What to do with a person who logs in or signs up, and why. */
export interface Decision {
  readonly status: 'ALLOWED' | 'RESTRICTED' | 'BLOCKED';
  /** The risk level that decided, or the code of the failure that left the decision without one. */
  readonly reason: string;
  readonly eventType: CreateCustomerEvaluationInput['eventType'];
  /** The evaluation's id; undefined if there was none in time, and so nothing to report on. */
  readonly evaluation: string | undefined;
}

export interface EvaluationSettings {
  /** The gateway's endpoint, such as `https://evaluations.internal/graphql`. */
  readonly url: string;
  /** The gateway's `ROUTER_SECRET`. With it, rate limits apply to each person and not to the back end. */
  readonly secret: string | undefined;
  /** How long a log-in may wait for its evaluation, in milliseconds. */
  readonly budgetMs: number;
}

/** Refusals that the evaluated person can cause on purpose. Letting them in would switch the evaluation off. */
const causedByThePerson = new Set([
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'IDEMPOTENCY_CONFLICT',
  'BAD_REQUEST',
  'RATE_LIMITED',
]);

/** Customer evaluations that never fail a log-in: an outage lets the person in. */
export class Evaluations {
  readonly #client: GraphQLClient;
  readonly #budgetMs: number;
  readonly #reports = new Set<Promise<void>>();

  constructor({ url, secret, budgetMs }: EvaluationSettings) {
    this.#client = new GraphQLClient(
      url,
      secret === undefined ? {} : { headers: { 'x-router-secret': secret } },
    );
    this.#budgetMs = budgetMs;
  }

  /**
   * Evaluates and decides within the budget; never throws. `person` is your id of the person, or the session's.
   * `attempt` identifies one log-in attempt: however often it is sent, it is evaluated and billed once. It must come
   * from your server.
   */
  async decide(person: string, attempt: string, input: EvaluationInput): Promise<Decision> {
    // The gateway gives up a little earlier, so that its typed error still arrives in time.
    const giveUpAt = performance.now() + this.#budgetMs * 0.9;
    const signal = AbortSignal.timeout(this.#budgetMs);
    const evaluate = (key: string, { eventType, evaluationContext }: EvaluationInput) =>
      this.#evaluate(person, { eventType, evaluationContext, idempotencyKey: key }, giveUpAt, signal);
    const first = await evaluate(attempt, input);
    if (!causedByThePerson.has(first.reason)) return first;
    // Once more, without the key and the details that the browser sent.
    const evaluationContext = input.evaluationContext.filter(({ clientDetails }) => clientDetails == null);
    const second = await evaluate(randomUUID(), { ...input, evaluationContext });
    return second.evaluation === undefined ? { ...first, status: 'RESTRICTED' } : second;
  }

  async #evaluate(
    person: string,
    input: CreateCustomerEvaluationInput,
    giveUpAt: number,
    signal: AbortSignal,
  ): Promise<Decision> {
    try {
      const { createCustomerEvaluation: payload } = await this.#client.request({
        document: CreateCustomerEvaluationDocument,
        variables: { input },
        requestHeaders: {
          'x-caller-subject': person,
          'x-request-timeout-ms': String(Math.max(1, Math.ceil(giveUpAt - performance.now()))),
        },
        signal,
      });
      if (!payload?.customerEvaluation) return letIn(payload?.errors[0]?.code ?? 'NO_ANSWER', input);
      const { id, signals } = payload.customerEvaluation;
      const risk = riskIn(signals);
      return { status: statusFor(risk), reason: risk, eventType: input.eventType, evaluation: id };
    } catch (error) {
      const [refusal] = (error instanceof ClientError && error.response.errors) || [];
      return letIn(String(refusal?.extensions?.['code'] ?? 'NO_ANSWER'), input);
    }
  }

  /**
   * Tells Stripe what was decided, which is what its models learn from. Call it after responding to the person:
   * it returns immediately, retries by itself, and never throws. Reports in progress are lost if the process dies;
   * if you need every report, use a job queue, with `evaluation` as the job's key.
   */
  report(person: string, { evaluation, eventType, status }: Decision): void {
    if (evaluation === undefined) return;
    const report = this.#sendReport(person, {
      id: evaluation,
      // Some of Stripe's API versions need the event type.
      report: { outcome: { status, eventType } },
      idempotencyKey: `report of ${evaluation}`,
    }).finally(() => this.#reports.delete(report));
    this.#reports.add(report);
  }

  /** Waits for the reports in progress, for a graceful shutdown. */
  async close(): Promise<void> {
    await Promise.all(this.#reports);
  }

  async #sendReport(person: string, report: ReportCustomerEvaluationMutationVariables): Promise<void> {
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      try {
        const { reportCustomerEvaluation: payload } = await this.#client.request({
          document: ReportCustomerEvaluationDocument,
          variables: report,
          requestHeaders: { 'x-caller-subject': person },
          signal: AbortSignal.timeout(10_000),
        });
        const [failure] = payload?.errors ?? [];
        if (failure === undefined) return;
        if (!failure.retryable) {
          process.stderr.write(`A report was refused: ${failure.code}. ${failure.message}\n`);
          return;
        }
      } catch {
        // No response: the key makes a retry safe.
      }
      await sleep(500 * 2 ** attempt);
    }
  }
}

type EvaluationInput = Omit<CreateCustomerEvaluationInput, 'idempotencyKey'>;
type Created = NonNullable<CreateCustomerEvaluationMutation['createCustomerEvaluation']>;
type Signals = NonNullable<Created['customerEvaluation']>['signals'];

/** Each event type has its own signal. */
function riskIn(signals: Signals): CustomerEvaluationRiskLevel {
  const signal =
    signals?.__typename === 'LoginSignals' ? signals.accountSharing : (signals?.multiAccounting ?? null);
  return signal?.riskLevel ?? 'UNKNOWN';
}

/** Your policy. Tell people that they are blocked, and how to reach a person who can review the decision. */
function statusFor(risk: CustomerEvaluationRiskLevel): Decision['status'] {
  if (risk === 'HIGHEST') return 'BLOCKED';
  return risk === 'ELEVATED' ? 'RESTRICTED' : 'ALLOWED';
}

function letIn(reason: string, { eventType }: EvaluationInput): Decision {
  return { status: 'ALLOWED', reason, eventType, evaluation: undefined };
}
