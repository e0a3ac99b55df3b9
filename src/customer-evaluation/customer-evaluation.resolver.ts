import { Arg, Authorized, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { requireOwnInput, requireOwnReport } from '../graph/authorization.ts';
import type { CallContext } from '../graph/graphql-context.ts';
import { type IdempotentMutation, runIdempotent } from '../graph/idempotent-mutation.ts';
import { customerEvaluationsPath } from '../stripe/customer-evaluation.wire.ts';
import { createEvaluation, reportEvaluation } from '../stripe/operations.ts';
import { versionsWith } from '../stripe/versions.ts';
import { CreateCustomerEvaluationInput } from './create-customer-evaluation.input.ts';
import {
  CreateCustomerEvaluationPayload,
  ReportCustomerEvaluationPayload,
} from './customer-evaluation.payload.ts';
import { CustomerEvaluation } from './customer-evaluation.type.ts';
import type { CustomerEvaluationDependencies } from './dependencies.ts';
import { fromStripe, type Translated } from './from-stripe.ts';
import { ReportCustomerEvaluationInput } from './report-customer-evaluation.input.ts';
import { reportToStripe } from './report-to-stripe.ts';
import { signalsByName } from './signals.union.ts';
import { toStripe } from './to-stripe.ts';

const create: IdempotentMutation<CreateCustomerEvaluationPayload> = {
  name: 'createCustomerEvaluation',
  payload: CreateCustomerEvaluationPayload,
};
const report: IdempotentMutation<ReportCustomerEvaluationPayload> = {
  name: 'reportCustomerEvaluation',
  payload: ReportCustomerEvaluationPayload,
};

@Resolver(() => CustomerEvaluation)
export class CustomerEvaluationResolver {
  readonly #services: CustomerEvaluationDependencies;

  constructor(services: CustomerEvaluationDependencies) {
    this.#services = services;
  }

  @Authorized('evaluations:read')
  @Query(() => CustomerEvaluation, {
    nullable: true,
    description: `An evaluation by its id; null if Stripe has none. Needs a Stripe API version of ${versionsWith('retrieve')}, else the error \`UPSTREAM_UNSUPPORTED\`. Where callers have scopes, needs \`evaluations:read\`.`,
  })
  customerEvaluation(
    @Arg('id', () => ID, { description: 'Stripe’s id of the evaluation.' }) id: string,
    @Ctx() context: CallContext,
  ): Promise<CustomerEvaluation | null> {
    return context.evaluations.load(id);
  }

  @Authorized('evaluations:create')
  @Mutation(() => CreateCustomerEvaluationPayload, {
    nullable: true,
    description:
      'Asks Stripe Radar about a login or registration: how likely multi-accounting or account sharing is. Each call may be billed. Failures that a frontend can act on come in `errors`. Where callers have scopes, needs `evaluations:create`.',
  })
  async createCustomerEvaluation(
    @Arg('input', () => CreateCustomerEvaluationInput, { description: 'The event, and what is known of it.' })
    input: CreateCustomerEvaluationInput,
    @Ctx() context: CallContext,
  ): Promise<CreateCustomerEvaluationPayload> {
    requireOwnInput(context.rights, input);
    return runIdempotent(create, input.idempotencyKey, context, async (idempotencyKey) => {
      const params = toStripe(input, this.#services.capabilities);
      const answer = await this.#services.stripe.post({
        operation: createEvaluation,
        path: customerEvaluationsPath,
        params,
        idempotencyKey,
        onBehalfOf: context.onBehalfOf,
      });
      const evaluation = this.#read(fromStripe(answer, { eventType: input.eventType }), context);
      this.#services.metrics?.evaluated(evaluation.eventType, signalsByName(evaluation.signals));
      return evaluation;
    });
  }

  @Authorized('evaluations:report')
  @Mutation(() => ReportCustomerEvaluationPayload, {
    nullable: true,
    description:
      'Tells Stripe Radar how an evaluated login or registration ended, so that it learns. Failures that a frontend can act on come in `errors`. Where callers have scopes, needs `evaluations:report`.',
  })
  async reportCustomerEvaluation(
    @Arg('input', () => ReportCustomerEvaluationInput, { description: 'The evaluation, and how it ended.' })
    input: ReportCustomerEvaluationInput,
    @Ctx() context: CallContext,
  ): Promise<ReportCustomerEvaluationPayload> {
    requireOwnReport(context.rights, input);
    return runIdempotent(report, input.idempotencyKey, context, async (idempotencyKey) => {
      const { path, params } = reportToStripe(input, this.#services.capabilities);
      // Whose evaluation it is stands in the evaluation alone; the loader refuses what is not the caller's.
      if (context.rights.customer.kind !== 'any') await context.evaluations.load(input.id);
      const answer = await this.#services.stripe.post({
        operation: reportEvaluation,
        path,
        params,
        idempotencyKey,
        onBehalfOf: context.onBehalfOf,
      });
      return this.#read(fromStripe(answer, { id: input.id }), context);
    });
  }

  #read({ evaluation, drift }: Translated, context: CallContext): CustomerEvaluation {
    this.#services.drift.note(drift, context.log);
    return evaluation;
  }
}
