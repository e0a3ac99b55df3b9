import { GraphQLDateTime } from 'graphql-scalars';
import { Directive, Field, ObjectType, registerEnumType } from 'type-graphql';

/** How an evaluated login or registration ended. */
export const CustomerEvaluationOutcome = {
  LOGIN_SUCCESS: 'LOGIN_SUCCESS',
  LOGIN_FAILED: 'LOGIN_FAILED',
  REGISTRATION_SUCCESS: 'REGISTRATION_SUCCESS',
  REGISTRATION_FAILED: 'REGISTRATION_FAILED',
  UNKNOWN: 'UNKNOWN',
} as const;
export type CustomerEvaluationOutcome = keyof typeof CustomerEvaluationOutcome;

registerEnumType(CustomerEvaluationOutcome, {
  name: 'CustomerEvaluationOutcome',
  description: 'How an evaluated login or registration ended.',
  valuesConfig: {
    LOGIN_SUCCESS: { description: 'The customer was logged in.' },
    LOGIN_FAILED: { description: 'The customer was not logged in; `failureReason` says why.' },
    REGISTRATION_SUCCESS: { description: 'The account was created.' },
    REGISTRATION_FAILED: { description: 'The account was not created; `failureReason` says why.' },
    UNKNOWN: { description: 'An outcome that is newer than this gateway.' },
  },
});

/** Why a login or registration was not let through. */
export const CustomerEvaluationFailureReason = {
  OTHER: 'OTHER',
  SUSPECTED_ACCOUNT_SHARING: 'SUSPECTED_ACCOUNT_SHARING',
  SUSPECTED_MULTI_ACCOUNTING: 'SUSPECTED_MULTI_ACCOUNTING',
  UNKNOWN: 'UNKNOWN',
} as const;
export type CustomerEvaluationFailureReason = keyof typeof CustomerEvaluationFailureReason;

registerEnumType(CustomerEvaluationFailureReason, {
  name: 'CustomerEvaluationFailureReason',
  description: 'Why a login or registration was not let through.',
  valuesConfig: {
    OTHER: {
      description: 'For a reason that has nothing to do with this evaluation, such as a wrong password.',
    },
    SUSPECTED_ACCOUNT_SHARING: { description: 'The account is probably used by several people.' },
    SUSPECTED_MULTI_ACCOUNTING: { description: 'The person probably holds several accounts.' },
    UNKNOWN: { description: 'A reason that is newer than this gateway.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'An event reported for an evaluated login or registration.',
})
export class CustomerEvaluationEvent {
  @Field(() => CustomerEvaluationOutcome, { description: 'How it ended.' })
  readonly type: CustomerEvaluationOutcome;

  @Field(() => GraphQLDateTime, { description: 'When it happened.' })
  readonly occurredAt: Date;

  @Directive('@tag(name: "risk")')
  @Field(() => CustomerEvaluationFailureReason, {
    nullable: true,
    description: 'Why it failed; null unless it did.',
  })
  readonly failureReason: CustomerEvaluationFailureReason | null;

  constructor(fields: CustomerEvaluationEvent) {
    this.type = fields.type;
    this.occurredAt = fields.occurredAt;
    this.failureReason = fields.failureReason;
  }
}
