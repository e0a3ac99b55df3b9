import { Field, ObjectType } from 'type-graphql';
import type { Failure } from '../errors/failure.ts';
import { CustomerEvaluation } from './customer-evaluation.type.ts';
import { CustomerEvaluationError } from './customer-evaluation-error.type.ts';

@ObjectType({ description: 'An evaluation, or why there is none.' })
export class CreateCustomerEvaluationPayload {
  @Field(() => CustomerEvaluation, {
    nullable: true,
    description: 'The evaluation; null when the call failed.',
  })
  readonly customerEvaluation: CustomerEvaluation | null;

  @Field(() => [CustomerEvaluationError], { description: 'What went wrong; empty when nothing did.' })
  readonly errors: readonly CustomerEvaluationError[];

  @Field(() => String, {
    description: 'The key this call ran under: yours, or the one drawn. A repeat with it is safe.',
  })
  readonly idempotencyKey: string;

  private constructor(
    idempotencyKey: string,
    customerEvaluation: CustomerEvaluation | null,
    errors: readonly CustomerEvaluationError[],
  ) {
    this.idempotencyKey = idempotencyKey;
    this.customerEvaluation = customerEvaluation;
    this.errors = errors;
  }

  static succeeded(idempotencyKey: string, evaluation: CustomerEvaluation): CreateCustomerEvaluationPayload {
    return new CreateCustomerEvaluationPayload(idempotencyKey, evaluation, []);
  }

  static failed(idempotencyKey: string, failure: Failure): CreateCustomerEvaluationPayload {
    return new CreateCustomerEvaluationPayload(idempotencyKey, null, CustomerEvaluationError.allOf(failure));
  }
}
