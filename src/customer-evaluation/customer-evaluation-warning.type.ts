import { Field, ObjectType, registerEnumType } from 'type-graphql';

/** The parts of a report that could not be passed on to Stripe. */
export const CustomerEvaluationWarningCode = {
  CUSTOMER_NOT_ATTACHED: 'CUSTOMER_NOT_ATTACHED',
  REASON_NOT_REPORTED: 'REASON_NOT_REPORTED',
  STATUS_NOT_REPORTED: 'STATUS_NOT_REPORTED',
} as const;
export type CustomerEvaluationWarningCode = keyof typeof CustomerEvaluationWarningCode;

const messages = {
  CUSTOMER_NOT_ATTACHED:
    'The customer was not attached to the evaluation: this Stripe API has no field for it in this report.',
  REASON_NOT_REPORTED: 'The reason was not reported: this Stripe API has no field for it.',
  STATUS_NOT_REPORTED: 'RESTRICTED was reported as a success: this Stripe API has no such status.',
} as const satisfies Record<CustomerEvaluationWarningCode, string>;

registerEnumType(CustomerEvaluationWarningCode, {
  name: 'CustomerEvaluationWarningCode',
  description: 'A part of a report that could not be passed on to Stripe.',
  valuesConfig: Object.fromEntries(
    Object.entries(messages).map(([code, description]) => [code, { description }]),
  ),
});

@ObjectType({
  simpleResolvers: true,
  description:
    'A part of a report that was not passed on, because the configured Stripe API has no field for it.',
})
export class CustomerEvaluationWarning {
  @Field(() => CustomerEvaluationWarningCode, { description: 'What was lost.' })
  readonly code: CustomerEvaluationWarningCode;

  @Field(() => String, { description: 'For developers, in English. Never quotes what was sent.' })
  readonly message: string;

  @Field(() => [String], {
    description: 'The field as written in the operation, e.g. `["input", "report", "outcome", "reason"]`.',
  })
  readonly path: readonly string[];

  constructor(code: CustomerEvaluationWarningCode, path: readonly string[]) {
    this.code = code;
    this.message = `${path.join('.')}: ${messages[code]}`;
    this.path = path;
  }
}
