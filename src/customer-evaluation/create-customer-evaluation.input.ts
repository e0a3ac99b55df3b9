import { Directive, Field, ID, InputType } from 'type-graphql';
import { versionsWith } from '../stripe/versions.ts';
import { CustomerEvaluationEventType } from './event-type.enum.ts';

@InputType({
  description: 'What is known of the client’s device and connection when there is no Radar Session.',
})
export class EvaluationClientDataInput {
  @Field(() => String, {
    description: 'The client’s IP address as your server sees it. 1 to 5,000 characters.',
  })
  readonly ip!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The page that led here. 1 to 5,000 characters: leave it out where the browser’s `document.referrer` is empty.',
  })
  readonly referrer?: string | null;

  @Field(() => String, { nullable: true, description: 'The browser’s `User-Agent`. 1 to 5,000 characters.' })
  readonly userAgent?: string | null;
}

@Directive('@oneOf')
@InputType({
  description: 'The client: a Radar Session if there is one, otherwise `data`. Set exactly one.',
})
export class EvaluationClientDetailsInput {
  @Field(() => ID, {
    nullable: true,
    description: 'A Radar Session, `rse_…`, that Stripe.js made in the browser.',
  })
  readonly radarSession?: string | null;

  @Field(() => EvaluationClientDataInput, {
    nullable: true,
    description: `The fallback if there is no Radar Session. Needs a Stripe API version of ${versionsWith('clientData')}, else \`UPSTREAM_UNSUPPORTED\`.`,
  })
  readonly data?: EvaluationClientDataInput | null;
}

@InputType({ description: 'A customer who has no Stripe object yet. At least one field is needed.' })
export class EvaluationCustomerDataInput {
  @Field(() => String, { nullable: true, description: 'The e-mail address. 1 to 5,000 characters.' })
  readonly email?: string | null;

  @Field(() => String, { nullable: true, description: 'The full name. 1 to 5,000 characters.' })
  readonly name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The phone number, in any format. 1 to 5,000 characters.',
  })
  readonly phone?: string | null;
}

@Directive('@oneOf')
@InputType({ description: 'The customer, in exactly one of two ways.' })
export class EvaluationCustomerDetailsInput {
  @Field(() => ID, { nullable: true, description: 'An existing Stripe customer, `cus_…`.' })
  readonly customer?: string | null;

  @Field(() => EvaluationCustomerDataInput, {
    nullable: true,
    description: 'What is known of a customer who has no Stripe object yet.',
  })
  readonly customerData?: EvaluationCustomerDataInput | null;
}

@Directive('@oneOf')
@InputType({ description: 'One thing that is known about the event: exactly one of the fields.' })
export class EvaluationContextInput {
  @Field(() => EvaluationClientDetailsInput, {
    nullable: true,
    description: 'The client: device and connection.',
  })
  readonly clientDetails?: EvaluationClientDetailsInput | null;

  @Field(() => EvaluationCustomerDetailsInput, {
    nullable: true,
    description: 'The customer, existing or new.',
  })
  readonly customerDetails?: EvaluationCustomerDetailsInput | null;
}

@InputType({ description: 'A login or registration to evaluate.' })
export class CreateCustomerEvaluationInput {
  @Field(() => CustomerEvaluationEventType, { description: 'What is happening.' })
  readonly eventType!: CustomerEvaluationEventType;

  @Field(() => [EvaluationContextInput], {
    description:
      'What is known: usually one entry with `clientDetails` and one with `customerDetails`, in any order. At least one.',
  })
  readonly evaluationContext!: readonly EvaluationContextInput[];

  @Field(() => String, {
    nullable: true,
    description:
      'Makes a retry safe: calls with the same key and input are one evaluation, for at least 24 hours. 1 to 255 printable ASCII characters; use a random UUID for each sign-up or log-in attempt. If left out, a key is generated and returned.',
  })
  readonly idempotencyKey?: string | null;
}
