import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { type FailureCode, failureCodes } from '../errors/error-codes.ts';
import type { Effect, UpstreamCallError } from '../errors/upstream-call-error.ts';

const codes = Object.keys(failureCodes) as FailureCode[];
const CustomerEvaluationErrorCode = Object.fromEntries(codes.map((code) => [code, code]));
const CustomerEvaluationEffect = { NONE: 'NONE', UNKNOWN: 'UNKNOWN' } as const satisfies { [E in Effect]: E };

registerEnumType(CustomerEvaluationErrorCode, {
  name: 'CustomerEvaluationErrorCode',
  description: 'Why a call failed. Switch on this, not on the message.',
  valuesConfig: Object.fromEntries(
    codes.map((code) => [code, { description: failureCodes[code].description }]),
  ),
});

registerEnumType(CustomerEvaluationEffect, {
  name: 'CustomerEvaluationEffect',
  description: 'Whether a failed call may have had an effect at Stripe.',
  valuesConfig: {
    NONE: { description: 'Nothing happened.' },
    UNKNOWN: {
      description:
        'Something may have happened. Retry with the same `idempotencyKey`: the effect still happens only once.',
    },
  },
});

@ObjectType({ simpleResolvers: true, description: 'Why a call failed, and what to do about it.' })
export class CustomerEvaluationError {
  @Field(() => CustomerEvaluationErrorCode, { description: 'The kind of failure.' })
  readonly code: FailureCode;

  @Field(() => String, { description: 'For developers, in English. Never quotes what was sent.' })
  readonly message: string;

  @Field(() => [String], {
    nullable: true,
    description:
      'The invalid field as written in the operation, e.g. `["input", "evaluationContext", "0", "clientDetails"]`; null if no field is invalid.',
  })
  readonly path: readonly string[] | null;

  @Field(() => Boolean, {
    description: 'Whether the same call may succeed later. Retry with the payload’s `idempotencyKey`.',
  })
  readonly retryable: boolean;

  @Field(() => CustomerEvaluationEffect, { description: 'Whether anything may have happened at Stripe.' })
  readonly effect: Effect;

  @Field(() => Int, { nullable: true, description: 'How many milliseconds to wait before a retry.' })
  readonly retryAfterMs: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Stripe’s id of the request, `req_…`, for Stripe’s support; null if Stripe did not respond.',
  })
  readonly upstreamRequestId: string | null;

  private constructor(failure: UpstreamCallError, message: string, path: readonly string[] | null) {
    this.code = failure.code;
    this.message = message;
    this.path = path;
    this.retryable = failure.retryable;
    this.effect = failure.effect;
    this.retryAfterMs = failure.retryAfterMs ?? null;
    this.upstreamRequestId = failure.upstreamRequestId ?? null;
  }

  /** One error for each problem. */
  static allOf(failure: UpstreamCallError): CustomerEvaluationError[] {
    return failure.problems.map(
      ({ message, path }) => new CustomerEvaluationError(failure, message, path ?? null),
    );
  }
}
