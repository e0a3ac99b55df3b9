import { Field, ObjectType } from 'type-graphql';
import { CustomerEvaluation } from './customer-evaluation.type.ts';
import { CustomerEvaluationError } from './customer-evaluation-error.type.ts';
import { CustomerEvaluationWarning } from './customer-evaluation-warning.type.ts';

/** The common fields of all payloads; not a type of the graph itself. */
@ObjectType()
abstract class CustomerEvaluationPayload {
  @Field(() => CustomerEvaluation, {
    nullable: true,
    description: 'The evaluation; null when the call failed.',
  })
  readonly customerEvaluation: CustomerEvaluation | null;

  @Field(() => [CustomerEvaluationError], { description: 'What went wrong; empty on success.' })
  readonly errors: readonly CustomerEvaluationError[];

  @Field(() => String, {
    description: 'The key of this call: yours, or the generated one. A retry with it is safe.',
  })
  readonly idempotencyKey: string;

  constructor(
    idempotencyKey: string,
    customerEvaluation: CustomerEvaluation | null,
    errors: readonly CustomerEvaluationError[],
  ) {
    this.idempotencyKey = idempotencyKey;
    this.customerEvaluation = customerEvaluation;
    this.errors = errors;
  }
}

@ObjectType({ simpleResolvers: true, description: 'An evaluation, or why there is none.' })
export class CreateCustomerEvaluationPayload extends CustomerEvaluationPayload {}

@ObjectType({
  simpleResolvers: true,
  description:
    'The evaluation after the report, or why the report failed. Stripe may leave out its `events`: read the evaluation for them.',
})
export class ReportCustomerEvaluationPayload extends CustomerEvaluationPayload {
  @Field(() => [CustomerEvaluationWarning], {
    description:
      'The parts of the report that were not passed on, because the configured Stripe API has no fields for them; usually empty.',
  })
  readonly warnings: readonly CustomerEvaluationWarning[];

  constructor(
    idempotencyKey: string,
    customerEvaluation: CustomerEvaluation | null,
    errors: readonly CustomerEvaluationError[],
    warnings: readonly CustomerEvaluationWarning[],
  ) {
    super(idempotencyKey, customerEvaluation, errors);
    this.warnings = warnings;
  }
}
