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
import type { ReportedEvaluation } from './evaluation-api.ts';
import { requireOwnInput, requireOwnReport } from './ownership.ts';
import { readReport } from './report.ts';
import { ReportCustomerEvaluationInput } from './report-customer-evaluation.input.ts';
import { signalsByName } from './signals.union.ts';

const createMutation: IdempotentMutation<CustomerEvaluation, CreateCustomerEvaluationPayload> = {
  name: 'createCustomerEvaluation',
  succeeded: (key, evaluation) => new CreateCustomerEvaluationPayload(key, evaluation, []),
  failed: (key, failure) =>
    new CreateCustomerEvaluationPayload(key, null, CustomerEvaluationError.allOf(failure)),
};
const reportMutation: IdempotentMutation<ReportedEvaluation, ReportCustomerEvaluationPayload> = {
  name: 'reportCustomerEvaluation',
  succeeded: (key, { evaluation, warnings }) =>
    new ReportCustomerEvaluationPayload(key, evaluation, [], warnings),
  failed: (key, failure) =>
    new ReportCustomerEvaluationPayload(key, null, CustomerEvaluationError.allOf(failure), []),
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
    @Arg('input', () => CreateCustomerEvaluationInput, {
      description: 'The event, and what is known about it.',
    })
    input: CreateCustomerEvaluationInput,
    @Ctx() context: GraphQLContext,
  ): Promise<CreateCustomerEvaluationPayload> {
    requireOwnInput(context.permissions, input);
    const { api, metrics } = this.#dependencies;
    return runIdempotent(createMutation, input.idempotencyKey, context, async (idempotencyKey) => {
      const { evaluation, isRepeat } = await api.create(input, idempotencyKey, context);
      const { eventType, signals, pendingSignals } = evaluation;
      // Otherwise a caller that repeats a call would shift the distribution of scores.
      if (!isRepeat) metrics?.signals.evaluated(eventType, signalsByName(signals), pendingSignals.length > 0);
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
    const retrieve = () => this.#loader.load(input.id, context);
    return runIdempotent(reportMutation, input.idempotencyKey, context, async (idempotencyKey) => {
      const report = readReport(input);
      // Only the evaluation says whose it is; the loader refuses one that is not the caller's.
      if (context.permissions.customer.kind !== 'any') await retrieve();
      return this.#dependencies.api.report(report, idempotencyKey, context, retrieve);
    });
  }
}
