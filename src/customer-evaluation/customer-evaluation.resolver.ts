import { Arg, Authorized, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { type IdempotentMutation, runIdempotent } from '../graph/idempotent-mutation.ts';
import { versionsWith } from '../stripe/versions.ts';
import { CreateCustomerEvaluationInput } from './create-customer-evaluation.input.ts';
import type { CustomerEvaluationLoader } from './customer-evaluation.loader.ts';
import {
  CreateCustomerEvaluationPayload,
  ReportCustomerEvaluationPayload,
} from './customer-evaluation.payload.ts';
import { CustomerEvaluation } from './customer-evaluation.type.ts';
import { CustomerEvaluationError } from './customer-evaluation-error.type.ts';
import type { CustomerEvaluationDependencies } from './dependencies.ts';
import { fromStripe, type Translated } from './from-stripe.ts';
import { requireOwnInput, requireOwnReport } from './ownership.ts';
import { parameterPlaces } from './parameter-places.ts';
import { ReportCustomerEvaluationInput } from './report-customer-evaluation.input.ts';
import { reportToStripe } from './report-to-stripe.ts';
import { signalsByName } from './signals.union.ts';
import { toStripe } from './to-stripe.ts';

const create: IdempotentMutation<CustomerEvaluation, CreateCustomerEvaluationPayload> = {
  name: 'createCustomerEvaluation',
  succeeded: (key, evaluation) => new CreateCustomerEvaluationPayload(key, evaluation, []),
  failed: (key, failure) =>
    new CreateCustomerEvaluationPayload(
      key,
      null,
      CustomerEvaluationError.allOf(failure, parameterPlaces.createCustomerEvaluation),
    ),
};
const report: IdempotentMutation<CustomerEvaluation, ReportCustomerEvaluationPayload> = {
  name: 'reportCustomerEvaluation',
  succeeded: (key, evaluation) => new ReportCustomerEvaluationPayload(key, evaluation, []),
  failed: (key, failure) =>
    new ReportCustomerEvaluationPayload(
      key,
      null,
      CustomerEvaluationError.allOf(failure, parameterPlaces.reportCustomerEvaluation),
    ),
};

@Resolver(() => CustomerEvaluation)
export class CustomerEvaluationResolver {
  readonly #dependencies: CustomerEvaluationDependencies;
  readonly #loader: CustomerEvaluationLoader;

  constructor(dependencies: CustomerEvaluationDependencies, loader: CustomerEvaluationLoader) {
    this.#dependencies = dependencies;
    this.#loader = loader;
  }

  @Authorized('evaluations:read')
  @Query(() => CustomerEvaluation, {
    nullable: true,
    description: `An evaluation by its id; null if Stripe has none. Needs a Stripe API version of ${versionsWith('retrieve')}, else the error \`UPSTREAM_UNSUPPORTED\`. Where callers have scopes, needs \`evaluations:read\`.`,
  })
  customerEvaluation(
    @Arg('id', () => ID, { description: 'Stripe’s id of the evaluation.' }) id: string,
    @Ctx() context: GraphQLContext,
  ): Promise<CustomerEvaluation | null> {
    return this.#loader.load(id, context);
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
    @Ctx() context: GraphQLContext,
  ): Promise<CreateCustomerEvaluationPayload> {
    requireOwnInput(context.permissions, input);
    return runIdempotent(create, input.idempotencyKey, context, async (idempotencyKey) => {
      const { stripe, capabilities, metrics } = this.#dependencies;
      const params = toStripe(input, capabilities);
      const answer = await stripe.create(params, idempotencyKey, context);
      const evaluation = this.#read(fromStripe(answer, { eventType: input.eventType }), context);
      metrics?.evaluated(evaluation.eventType, signalsByName(evaluation.signals));
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
    @Ctx() context: GraphQLContext,
  ): Promise<ReportCustomerEvaluationPayload> {
    requireOwnReport(context.permissions, input);
    return runIdempotent(report, input.idempotencyKey, context, async (idempotencyKey) => {
      const { stripe, capabilities } = this.#dependencies;
      const params = reportToStripe(input, capabilities);
      // Whose evaluation it is stands in the evaluation alone; the loader refuses what is not the caller's.
      if (context.permissions.customer.kind !== 'any') await this.#loader.load(input.id, context);
      const answer = await stripe.report(input.id, params, idempotencyKey, context);
      return this.#read(fromStripe(answer, { id: input.id }), context);
    });
  }

  #read({ evaluation, drift }: Translated, context: GraphQLContext): CustomerEvaluation {
    this.#dependencies.drift.note(drift, context.log);
    return evaluation;
  }
}
