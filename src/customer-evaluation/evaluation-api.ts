import type { GraphQLContext } from '../graph/graphql-context.ts';
import type { CreateCustomerEvaluationInput } from './create-customer-evaluation.input.ts';
import type { CustomerEvaluation } from './customer-evaluation.type.ts';
import type { CustomerEvaluationWarning } from './customer-evaluation-warning.type.ts';
import type { Report } from './report.ts';

/**
 * One of Stripe's APIs, behind the graph's interface. Each method makes its call exactly once per idempotency key, and
 * throws an `UpstreamCallError` whose problems name fields as the client wrote them.
 */
export interface EvaluationApi {
  create(
    input: CreateCustomerEvaluationInput,
    idempotencyKey: string,
    context: GraphQLContext,
  ): Promise<CreatedEvaluation>;

  /** Null for an id that Stripe does not know. */
  retrieve(id: string, context: GraphQLContext): Promise<CustomerEvaluation | null>;

  /** `retrieve` returns the current evaluation, for an API that needs it. */
  report(
    report: Report,
    idempotencyKey: string,
    context: GraphQLContext,
    retrieve: () => Promise<CustomerEvaluation | null>,
  ): Promise<ReportedEvaluation>;

  /** The upstream calls per report. */
  readonly callsOfReport: 1 | 2;
}

export interface CreatedEvaluation {
  readonly evaluation: CustomerEvaluation;
  /** Whether another call under the same idempotency key made it. */
  readonly isRepeat: boolean;
}

/** An evaluation after its report, and the parts of the report that Stripe's API has no fields for. */
export interface ReportedEvaluation {
  readonly evaluation: CustomerEvaluation;
  readonly warnings: readonly CustomerEvaluationWarning[];
}
