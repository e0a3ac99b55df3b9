import { withClientPath } from '../../graph/error-path.ts';
import type { GraphQLContext } from '../../graph/graphql-context.ts';
import { type CustomerEvaluations, isEvaluationId } from '../../stripe/customer-evaluations.ts';
import type { VersionCapabilities } from '../../stripe/versions.ts';
import type { ContractDrift } from '../../telemetry/contract-drift.ts';
import type { CreateCustomerEvaluationInput } from '../create-customer-evaluation.input.ts';
import type { CustomerEvaluation } from '../customer-evaluation.type.ts';
import type { CreatedEvaluation, EvaluationApi, ReportedEvaluation } from '../evaluation-api.ts';
import type { Report } from '../report.ts';
import type { Translated } from '../response-drift.ts';
import { requireCapability } from './capabilities.ts';
import { fromStripe } from './from-stripe.ts';
import { createPlaces, reportPlaces } from './parameter-places.ts';
import { reportToStripe } from './report-to-stripe.ts';
import { toStripe } from './to-stripe.ts';

/** Stripe's v1 customer evaluations: a response is complete immediately. */
export class CustomerEvaluationsApi implements EvaluationApi {
  readonly callsOfReport = 1;
  readonly #stripe: CustomerEvaluations;
  readonly #capabilities: VersionCapabilities;
  readonly #drift: ContractDrift;

  constructor(stripe: CustomerEvaluations, capabilities: VersionCapabilities, drift: ContractDrift) {
    this.#stripe = stripe;
    this.#capabilities = capabilities;
    this.#drift = drift;
  }

  async create(
    input: CreateCustomerEvaluationInput,
    idempotencyKey: string,
    context: GraphQLContext,
  ): Promise<CreatedEvaluation> {
    const params = toStripe(input, this.#capabilities);
    const created = this.#stripe.create(params, idempotencyKey, context);
    const response = await withClientPath(createPlaces, created);
    const evaluation = this.#noted(fromStripe(response, { eventType: input.eventType }), context);
    return { evaluation, isRepeat: response.isRepeat };
  }

  async retrieve(id: string, context: GraphQLContext): Promise<CustomerEvaluation | null> {
    requireCapability(this.#capabilities, 'retrieve', []);
    if (!isEvaluationId(id)) return null;
    const response = await this.#stripe.retrieve(id, context);
    return this.#noted(fromStripe(response, { id }), context);
  }

  async report(report: Report, idempotencyKey: string, context: GraphQLContext): Promise<ReportedEvaluation> {
    const { id } = report;
    const { params, warnings } = reportToStripe(report, this.#capabilities);
    const reported = this.#stripe.report(id, params, idempotencyKey, context);
    const response = await withClientPath(reportPlaces(report), reported);
    return { evaluation: this.#noted(fromStripe(response, { id }), context), warnings };
  }

  #noted({ evaluation, drift }: Translated, { log }: GraphQLContext): CustomerEvaluation {
    this.#drift.note(drift, log);
    return evaluation;
  }
}
