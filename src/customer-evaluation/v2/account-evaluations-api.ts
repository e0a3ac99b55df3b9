import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import { withClientPath } from '../../graph/error-path.ts';
import { logFailure } from '../../graph/failure-log.ts';
import type { GraphQLContext } from '../../graph/graphql-context.ts';
import { accountActivityWire } from '../../stripe/account-evaluation.wire.ts';
import type { AccountEvaluations } from '../../stripe/account-evaluations.ts';
import { isEvaluationId } from '../../stripe/customer-evaluations.ts';
import { readAs, type UpstreamResponse } from '../../stripe/http/response.ts';
import type { ContractDrift } from '../../telemetry/contract-drift.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { CreateCustomerEvaluationInput } from '../create-customer-evaluation.input.ts';
import { CustomerEvaluation } from '../customer-evaluation.type.ts';
import type { CreatedEvaluation, EvaluationApi, ReportedEvaluation } from '../evaluation-api.ts';
import type { Report } from '../report.ts';
import { type Asked, fromStripe } from './from-stripe.ts';
import { reportToStripe } from './report-to-stripe.ts';
import { SignalWaiter, type SignalWaitSettings } from './signal-waiter.ts';
import { toStripe } from './to-stripe.ts';

export interface AccountEvaluationsOptions {
  readonly wait: SignalWaitSettings;
  /** The key's mode, for responses without `livemode`. */
  readonly livemode: boolean;
}

/** Stripe's v2 account evaluations. Signals may arrive after the response; the API waits for them within a limit. */
export class AccountEvaluationsApi implements EvaluationApi {
  readonly callsOfReport = 2;
  readonly #stripe: AccountEvaluations;
  readonly #livemode: boolean;
  readonly #drift: ContractDrift;
  readonly #waiter: SignalWaiter;

  constructor(
    stripe: AccountEvaluations,
    { wait, livemode }: AccountEvaluationsOptions,
    drift: ContractDrift,
    metrics: Metrics | undefined,
  ) {
    this.#stripe = stripe;
    this.#livemode = livemode;
    this.#drift = drift;
    this.#waiter = new SignalWaiter(wait, (end) => metrics?.signals.waitEnded(end));
  }

  async create(
    input: CreateCustomerEvaluationInput,
    idempotencyKey: string,
    context: GraphQLContext,
  ): Promise<CreatedEvaluation> {
    const { params, eventType, places } = toStripe(input);
    const response = await withClientPath(places, this.#stripe.create(params, idempotencyKey, context));
    const created = this.#read(response, { eventType }, context);
    const { id } = created;
    const evaluation = await this.#waiter.complete(created, context, async (call) => {
      try {
        return this.#read(await this.#stripe.retrieve(id, call), { id, eventType }, context);
      } catch (error) {
        // The caller gets the evaluation without its signals, so nothing else would log it.
        if (error instanceof UpstreamCallError && error.operatorsMustAct) logFailure(error, context.log);
        throw error;
      }
    });
    return { evaluation, isRepeat: response.isRepeat };
  }

  async retrieve(id: string, context: GraphQLContext): Promise<CustomerEvaluation | null> {
    if (!isEvaluationId(id)) return null;
    return this.#read(await this.#stripe.retrieve(id, context), { id }, context);
  }

  /**
   * Reads the evaluation first: an activity does not contain it, and a failure before the report has no effect. The
   * result gets the reported status.
   */
  async report(
    report: Report,
    idempotencyKey: string,
    context: GraphQLContext,
    retrieve: () => Promise<CustomerEvaluation | null>,
  ): Promise<ReportedEvaluation> {
    const evaluation = await retrieve();
    if (evaluation === null) {
      throw new UpstreamCallError('NOT_FOUND', { effect: 'NONE' }).at(['input', 'id']);
    }
    const { params, warnings } = reportToStripe(report, evaluation);
    const reported = this.#stripe.report(params, idempotencyKey, context);
    readAs(accountActivityWire, await withClientPath({ account_details: { at: ['id'] } }, reported));
    const status = report.status ?? null;
    return { evaluation: new CustomerEvaluation({ ...evaluation, status }), warnings };
  }

  #read(response: UpstreamResponse, asked: Asked, { log }: GraphQLContext): CustomerEvaluation {
    const { evaluation, drift } = fromStripe(response, asked, this.#livemode);
    this.#drift.note(drift, log);
    return evaluation;
  }
}
