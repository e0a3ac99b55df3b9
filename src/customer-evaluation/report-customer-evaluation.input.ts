import { Directive, Field, ID, InputType, registerEnumType } from 'type-graphql';
import { inWordsSince } from '../stripe/versions.ts';
import { CustomerEvaluationEventType } from './event-type.enum.ts';

/** The value of a report without details: an input object would need a field, and a Boolean could be false. */
export const CustomerEvaluationOccurrence = { OCCURRED: 'OCCURRED' } as const;
export type CustomerEvaluationOccurrence = keyof typeof CustomerEvaluationOccurrence;

registerEnumType(CustomerEvaluationOccurrence, {
  name: 'CustomerEvaluationOccurrence',
  description:
    'The only value of a report without details, as in `{ loginSucceeded: OCCURRED }`. There is no value for what did not happen: leave the field out.',
  valuesConfig: { OCCURRED: { description: 'It happened.' } },
});

// The same reasons and statuses as in responses, except UNKNOWN, which cannot be reported.

/** Why a login was not let through. */
export const CustomerEvaluationLoginFailureReason = {
  OTHER: 'OTHER',
  SUSPECTED_ACCOUNT_SHARING: 'SUSPECTED_ACCOUNT_SHARING',
} as const;
export type CustomerEvaluationLoginFailureReason = keyof typeof CustomerEvaluationLoginFailureReason;

registerEnumType(CustomerEvaluationLoginFailureReason, {
  name: 'CustomerEvaluationLoginFailureReason',
  description: 'Why a login was not let through.',
  valuesConfig: {
    OTHER: {
      description: 'For a reason that has nothing to do with the evaluation, such as a wrong password.',
    },
    SUSPECTED_ACCOUNT_SHARING: { description: 'Because the account is probably used by several people.' },
  },
});

/** Why a registration was not let through. */
export const CustomerEvaluationRegistrationFailureReason = {
  OTHER: 'OTHER',
  SUSPECTED_MULTI_ACCOUNTING: 'SUSPECTED_MULTI_ACCOUNTING',
} as const;
export type CustomerEvaluationRegistrationFailureReason =
  keyof typeof CustomerEvaluationRegistrationFailureReason;

registerEnumType(CustomerEvaluationRegistrationFailureReason, {
  name: 'CustomerEvaluationRegistrationFailureReason',
  description: 'Why a registration was not let through.',
  valuesConfig: {
    OTHER: {
      description: 'For a reason that has nothing to do with the evaluation, such as a form left unfinished.',
    },
    SUSPECTED_MULTI_ACCOUNTING: { description: 'Because the person probably holds several accounts.' },
  },
});

/** Why the business restricted or blocked somebody. */
export const CustomerEvaluationReportedReason = {
  OTHER: 'OTHER',
  SUSPECTED_ACCOUNT_SHARING: 'SUSPECTED_ACCOUNT_SHARING',
  SUSPECTED_MULTI_ACCOUNTING: 'SUSPECTED_MULTI_ACCOUNTING',
} as const;
export type CustomerEvaluationReportedReason = keyof typeof CustomerEvaluationReportedReason;

registerEnumType(CustomerEvaluationReportedReason, {
  name: 'CustomerEvaluationReportedReason',
  description: 'Why the business restricted or blocked the customer.',
  valuesConfig: {
    OTHER: { description: 'For a reason that has nothing to do with the evaluation.' },
    SUSPECTED_ACCOUNT_SHARING: { description: 'Because the account is probably used by several people.' },
    SUSPECTED_MULTI_ACCOUNTING: { description: 'Because the person probably holds several accounts.' },
  },
});

/** What the business decided. */
export const CustomerEvaluationReportedStatus = {
  ALLOWED: 'ALLOWED',
  RESTRICTED: 'RESTRICTED',
  BLOCKED: 'BLOCKED',
} as const;
export type CustomerEvaluationReportedStatus = keyof typeof CustomerEvaluationReportedStatus;

registerEnumType(CustomerEvaluationReportedStatus, {
  name: 'CustomerEvaluationReportedStatus',
  description: 'What the business decided about the customer.',
  valuesConfig: {
    ALLOWED: { description: 'The customer was let in.' },
    RESTRICTED: { description: 'The customer was let in with limits, or after a further check.' },
    BLOCKED: { description: 'The customer was blocked.' },
  },
});

// Since that version, reports contain only decisions.
const otherIsNoDecision = `\`OTHER\` is not a decision: Stripe API versions from ${inWordsSince('outcomeReports')} on refuse it, as \`UPSTREAM_UNSUPPORTED\`.`;

@InputType({ description: 'A login that was not let through.' })
export class CustomerEvaluationLoginFailedInput {
  @Field(() => CustomerEvaluationLoginFailureReason, { description: 'Why.' })
  readonly reason!: CustomerEvaluationLoginFailureReason;
}

@InputType({ description: 'A registration that was let through. `{}` if there is no customer to name.' })
export class CustomerEvaluationRegistrationSucceededInput {
  @Field(() => ID, {
    nullable: true,
    description:
      'The Stripe customer, `cus_…`, that the registration made. Set it if the evaluation was created without a customer, so that later evaluations can take this one into account.',
  })
  readonly customer?: string | null;
}

@InputType({ description: 'A registration that was not let through.' })
export class CustomerEvaluationRegistrationFailedInput {
  @Field(() => CustomerEvaluationRegistrationFailureReason, { description: 'Why.' })
  readonly reason!: CustomerEvaluationRegistrationFailureReason;
}

@InputType({ description: 'What the business decided: a status, a customer to attach, or both.' })
export class CustomerEvaluationOutcomeInput {
  @Field(() => CustomerEvaluationReportedStatus, {
    nullable: true,
    description: 'What was decided about the customer.',
  })
  readonly status?: CustomerEvaluationReportedStatus | null;

  @Field(() => CustomerEvaluationReportedReason, {
    nullable: true,
    description: 'Why, with `BLOCKED` or `RESTRICTED`.',
  })
  readonly reason?: CustomerEvaluationReportedReason | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The Stripe customer, `cus_…`, if the evaluation was made without one.',
  })
  readonly customer?: string | null;

  @Field(() => CustomerEvaluationEventType, {
    nullable: true,
    description:
      'The evaluation’s event type. Name it if you know it: some versions of Stripe’s API need it, and with others the gateway must retrieve the evaluation first.',
  })
  readonly eventType?: CustomerEvaluationEventType | null;
}

@Directive('@oneOf')
@InputType({
  description:
    'How the event ended: exactly one of the fields. `outcome` with a `status` and an `eventType` works with every version of Stripe’s API, and says the most. `warnings` lists the parts that the configured version does not accept.',
})
export class CustomerEvaluationReportInput {
  @Field(() => CustomerEvaluationOccurrence, {
    nullable: true,
    description: 'The customer was logged in: `OCCURRED`.',
  })
  readonly loginSucceeded?: CustomerEvaluationOccurrence | null;

  @Field(() => CustomerEvaluationLoginFailedInput, {
    nullable: true,
    description: `The customer was not logged in, and why. ${otherIsNoDecision}`,
  })
  readonly loginFailed?: CustomerEvaluationLoginFailedInput | null;

  @Field(() => CustomerEvaluationRegistrationSucceededInput, {
    nullable: true,
    description: 'The account was created, and for which customer.',
  })
  readonly registrationSucceeded?: CustomerEvaluationRegistrationSucceededInput | null;

  @Field(() => CustomerEvaluationRegistrationFailedInput, {
    nullable: true,
    description: `The account was not created, and why. ${otherIsNoDecision}`,
  })
  readonly registrationFailed?: CustomerEvaluationRegistrationFailedInput | null;

  @Field(() => CustomerEvaluationOutcomeInput, {
    nullable: true,
    description: 'What the business decided, and about which customer.',
  })
  readonly outcome?: CustomerEvaluationOutcomeInput | null;
}

@InputType({ description: 'How an evaluated login or registration ended.' })
export class ReportCustomerEvaluationInput {
  @Field(() => ID, { description: 'The evaluation’s `id`, as `createCustomerEvaluation` returned it.' })
  readonly id!: string;

  @Field(() => CustomerEvaluationReportInput, { description: 'How it ended.' })
  readonly report!: CustomerEvaluationReportInput;

  @Field(() => String, {
    nullable: true,
    description:
      'Makes a retry safe: calls with the same key and input are one report, for at least 24 hours. 1 to 255 printable ASCII characters; use a random UUID for each report. If left out, a key is generated and returned.',
  })
  readonly idempotencyKey?: string | null;
}
