import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateCustomerEvaluationDocument,
  type CreateCustomerEvaluationInput,
  type CreateCustomerEvaluationMutation,
  CustomerEvaluationDocument,
  type CustomerEvaluationRiskLevel,
  ReportCustomerEvaluationDocument,
  type ReportCustomerEvaluationMutationVariables,
} from 'customer-evaluations';
import { ClientError, GraphQLClient } from 'graphql-request';

/** What to do with a person who logs in or signs up, and why. Only `status` is for the person. */
export interface Decision {
  readonly status: 'ALLOWED' | 'RESTRICTED' | 'BLOCKED';
  /**
   * The risk level that decided; `PENDING` if Stripe had not made one yet; `IN_PROGRESS` if the person has another
   * attempt in progress; or the code of the failure that left the decision without one.
   */
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

/** Refusals that are either about what the browser sent or about your settings. */
const perhapsCausedByThePerson = new Set(['UPSTREAM_UNSUPPORTED', 'UPSTREAM_REFUSED']);

/** Stripe stored a failure under the idempotency key, and would send it again. */
const keySpent = 'KEY_SPENT';

/** The pauses before a pending evaluation is read again, in seconds. */
const readPauses = [1, 2, 4, 8];

/** The pauses between the tries of a report, in seconds: two minutes in all. */
const reportPauses = [1, 2, 4, 8, 15, 30, 60];

type OnRisk = (decision: Decision) => void | Promise<void>;

const strictness = { ALLOWED: 0, RESTRICTED: 1, BLOCKED: 2 };

/** Customer evaluations that never fail a log-in: an outage lets the person in. */
export class Evaluations {
  readonly #client: GraphQLClient;
  readonly #budgetMs: number;
  /** The attempt that each person has in progress. */
  readonly #inProgress = new Map<string, { attempt: string; decision: Promise<Decision> }>();
  readonly #afterwards = new Set<Promise<void>>();

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
    const inProgress = this.#inProgress.get(person);
    if (inProgress?.attempt === attempt) return inProgress.decision;
    // Many at once would hit Stripe's rate limit, and the fail-open rule would let them in.
    if (inProgress !== undefined) return { ...letIn('IN_PROGRESS', input), status: 'RESTRICTED' };
    const decision = this.#decide(person, attempt, input);
    this.#inProgress.set(person, { attempt, decision });
    return decision.finally(() => this.#inProgress.delete(person));
  }

  async #decide(person: string, attempt: string, input: EvaluationInput): Promise<Decision> {
    // The gateway gives up a little earlier, so that its typed error still arrives in time.
    const giveUpAt = performance.now() + this.#budgetMs * 0.9;
    const signal = AbortSignal.timeout(this.#budgetMs);
    const evaluate = (key: string, { eventType, evaluationContext }: EvaluationInput) =>
      this.#evaluate(person, { eventType, evaluationContext, idempotencyKey: key }, giveUpAt, signal);
    const first = await evaluate(attempt, input);
    // Otherwise the attempt would be without an evaluation for as long as Stripe stores the failure: 24 hours.
    if (first.reason === keySpent) return evaluate(`${attempt} once more`, input);
    const isCausedByThePerson = causedByThePerson.has(first.reason);
    if (!isCausedByThePerson && !perhapsCausedByThePerson.has(first.reason)) return first;
    // Once more, without the key and the details that the browser sent.
    const evaluationContext = input.evaluationContext.filter(({ clientDetails }) => clientDetails == null);
    const second = await evaluate(`${attempt} again`, { ...input, evaluationContext });
    if (second.evaluation === undefined)
      return isCausedByThePerson ? { ...first, status: 'RESTRICTED' } : first;
    return second.reason === 'PENDING' ? { ...second, status: 'RESTRICTED' } : second;
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
      if (!payload?.customerEvaluation) return letIn(reasonOf(payload?.errors[0]), input);
      const { id } = payload.customerEvaluation;
      return { ...decisionOn(payload.customerEvaluation), eventType: input.eventType, evaluation: id };
    } catch (error) {
      return letIn(refusalIn(error)?.code ?? 'NO_ANSWER', input);
    }
  }

  /**
   * Tells Stripe what was decided, which is what its models learn from. Call it after responding to the person:
   * it returns immediately, retries for two minutes, and never throws. A report that is refused, or still unanswered by
   * then, is lost with a line on stderr; one in progress when the process dies is lost silently. If you need every
   * report, use a job queue, with the evaluation and the status as the job's key.
   *
   * A pending evaluation is read again first. If the new decision is stricter, `onRisk` gets it: end the person's
   * session, or ask for proof at the next step.
   */
  report(person: string, decision: Decision, onRisk: OnRisk): void {
    const work = this.#report(person, decision, onRisk).finally(() => this.#afterwards.delete(work));
    this.#afterwards.add(work);
  }

  /** Waits for the reports in progress, for a graceful shutdown: in an outage, for more than three minutes. */
  async close(): Promise<void> {
    await Promise.all(this.#afterwards);
  }

  async #report(person: string, first: Decision, onRisk: OnRisk): Promise<void> {
    if (first.evaluation === undefined) return;
    const decision =
      first.reason === 'PENDING' ? await this.#decideLater(person, first, first.evaluation) : first;
    const isStricter = strictness[decision.status] > strictness[first.status];
    const { status, eventType, evaluation } = isStricter ? decision : first;
    try {
      if (isStricter) await onRisk(decision);
    } catch (error) {
      process.stderr.write(`A decision was not carried out: ${status}. ${error}\n`);
    }
    await this.#sendReport(person, {
      id: first.evaluation,
      // Some of Stripe's API versions need the event type.
      report: { outcome: { status, eventType } },
      // With the status: a corrected decision is another report.
      idempotencyKey: `report of ${evaluation}: ${status}`,
    });
  }

  /** Reads a pending evaluation until Stripe has made its signals, and decides again. */
  async #decideLater(person: string, pending: Decision, id: string): Promise<Decision> {
    for (const pause of readPauses) {
      await sleep(pause * 1_000);
      try {
        const { customerEvaluation } = await this.#client.request({
          document: CustomerEvaluationDocument,
          variables: { id },
          requestHeaders: { 'x-caller-subject': person },
          signal: AbortSignal.timeout(10_000),
        });
        if (customerEvaluation === null) continue;
        const decision = decisionOn(customerEvaluation);
        if (decision.reason !== 'PENDING') return { ...pending, ...decision };
      } catch {
        // Read again: the person does not wait.
      }
    }
    return pending;
  }

  async #sendReport(person: string, report: ReportCustomerEvaluationMutationVariables): Promise<void> {
    let { idempotencyKey } = report;
    for (const pause of [...reportPauses, undefined]) {
      const failure = await this.#tryReport(person, { ...report, idempotencyKey });
      if (failure === undefined) return;
      const isKeySpent = reasonOf(failure) === keySpent;
      // A second report of a decision does no harm.
      if (isKeySpent) idempotencyKey += ' again';
      if (!(failure.retryable || isKeySpent) || pause === undefined) {
        process.stderr.write(`A report was lost: ${failure.code}. ${failure.message}\n`);
        return;
      }
      await sleep(Math.max(pause * 1_000, Math.min(failure.retryAfterMs ?? 0, 60_000)));
    }
  }

  /** Undefined if the report has been made. */
  async #tryReport(
    person: string,
    report: ReportCustomerEvaluationMutationVariables,
  ): Promise<Failure | undefined> {
    try {
      const { reportCustomerEvaluation: payload } = await this.#client.request({
        document: ReportCustomerEvaluationDocument,
        variables: report,
        requestHeaders: { 'x-caller-subject': person },
        signal: AbortSignal.timeout(10_000),
      });
      return payload?.errors[0];
    } catch (error) {
      // Without a response, the key makes a retry safe.
      return (
        refusalIn(error) ?? { code: 'NO_ANSWER', message: 'The gateway cannot be reached.', retryable: true }
      );
    }
  }
}

/** Why a call failed. Refused requests and the payloads of mutations have the same fields. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | null | undefined;
}

function reasonOf(failure: Pick<Failure, 'code' | 'retryable'> | undefined): string {
  if (failure === undefined) return 'NO_ANSWER';
  return failure.code === 'UPSTREAM_UNAVAILABLE' && !failure.retryable ? keySpent : failure.code;
}

/** Why a request was refused; undefined if nothing answered. */
function refusalIn(error: unknown): Failure | undefined {
  const errors = (error instanceof ClientError && error.response.errors) || [];
  // A router may put its own error first; only the gateway's has `retryable`.
  const refusal =
    errors.find(({ extensions }) => typeof extensions?.['retryable'] === 'boolean') ?? errors[0];
  if (refusal === undefined) return undefined;
  // Without `retryable` the evaluation may exist; the idempotency key makes a retry safe.
  const { code = 'NO_ANSWER', retryable = true, retryAfterMs } = refusal.extensions ?? {};
  return {
    message: refusal.message,
    code: String(code),
    retryable: retryable === true,
    retryAfterMs: Number(retryAfterMs ?? 0),
  };
}

type EvaluationInput = Omit<CreateCustomerEvaluationInput, 'idempotencyKey'>;
type Created = NonNullable<CreateCustomerEvaluationMutation['createCustomerEvaluation']>;
type Evaluation = Pick<NonNullable<Created['customerEvaluation']>, 'signals' | 'pendingSignals'>;

function decisionOn({ signals, pendingSignals }: Evaluation): Pick<Decision, 'status' | 'reason'> {
  const risk = riskIn(signals);
  // With Stripe's API v2 signals may come later.
  if (risk === 'UNKNOWN' && pendingSignals.length > 0) return { status: 'ALLOWED', reason: 'PENDING' };
  return { status: statusOf[risk] ?? 'ALLOWED', reason: risk };
}

/** Each event type has its own signal. Without a level that is known, its score decides. */
function riskIn(signals: Evaluation['signals']): CustomerEvaluationRiskLevel {
  const signal = signals?.__typename === 'LoginSignals' ? signals.accountSharing : signals?.multiAccounting;
  const { riskLevel, score } = signal ?? {};
  // Not just UNKNOWN: a newer gateway may send levels that this package does not have.
  if (riskLevel != null && Object.hasOwn(statusOf, riskLevel)) return riskLevel;
  if (score == null) return 'UNKNOWN';
  // The bands of Stripe's guide.
  if (score >= 75) return 'HIGHEST';
  return score >= 65 ? 'ELEVATED' : 'NORMAL';
}

/** Your policy. Tell people that they are blocked, and how to reach a person who can review the decision. */
const statusOf: Partial<Record<CustomerEvaluationRiskLevel, Decision['status']>> = {
  HIGHEST: 'BLOCKED',
  ELEVATED: 'RESTRICTED',
  NORMAL: 'ALLOWED',
  LOW: 'ALLOWED',
};

function letIn(reason: string, { eventType }: EvaluationInput): Decision {
  return { status: 'ALLOWED', reason, eventType, evaluation: undefined };
}
