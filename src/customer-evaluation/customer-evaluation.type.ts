import { GraphQLDateTime } from 'graphql-scalars';
import { Authorized, Directive, Field, ID, ObjectType } from 'type-graphql';
import { CustomerEvaluationEvent } from './customer-evaluation-event.type.ts';
import { CustomerEvaluationEventType } from './event-type.enum.ts';
import { CustomerEvaluationSignalKind, Signals } from './signals.union.ts';
import { CustomerEvaluationStatus } from './status.enum.ts';

@Directive('@key(fields: "id", resolvable: false)')
// The description must also be true in a supergraph where other subgraphs add fields: composition may choose it.
@ObjectType({ simpleResolvers: true, description: 'A Stripe customer.' })
export class StripeCustomer {
  @Field(() => ID, { description: 'Stripe’s id of the customer, `cus_…`.' })
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

// Each object costs an upstream call. By default, routers count 10 for a mutation and 1 for an object of a query.
@Directive('@cost(weight: 10)')
@Directive('@key(fields: "id")')
@ObjectType({
  simpleResolvers: true,
  description:
    'Stripe Radar’s assessment of one login or registration: how likely multi-accounting or account sharing is.',
})
export class CustomerEvaluation {
  @Field(() => ID, {
    description: 'Stripe’s id of the evaluation. Store it: you need it to report the outcome.',
  })
  readonly id: string;

  @Field(() => CustomerEvaluationEventType, { description: 'What was evaluated.' })
  readonly eventType: CustomerEvaluationEventType;

  @Field(() => Boolean, { description: 'False for Stripe’s test mode and for the sandbox.' })
  readonly livemode: boolean;

  @Field(() => GraphQLDateTime, { description: 'When the evaluation was created.' })
  readonly createdAt: Date;

  @Field(() => StripeCustomer, {
    nullable: true,
    description: 'The evaluated customer; null where the evaluation was not about a Stripe customer.',
  })
  readonly customer: StripeCustomer | null;

  // A login or registration is usually reported once; without a size, routers assume the same size for all lists.
  @Directive('@listSize(assumedSize: 2)')
  @Field(() => [CustomerEvaluationEvent], {
    nullable: true,
    description: 'The events reported so far: the last hundred, oldest first; null if Stripe sends none.',
  })
  readonly events: readonly CustomerEvaluationEvent[] | null;

  // `risk` tags fields that the evaluated person must not see: contracts for browsers exclude it.
  @Directive('@tag(name: "risk")')
  @Field(() => CustomerEvaluationStatus, {
    nullable: true,
    description:
      'What the business did with the customer; null until reported, with older versions of Stripe’s API, and with v2 except in the response to the report.',
  })
  readonly status: CustomerEvaluationStatus | null;

  @Authorized('evaluations:signals')
  @Directive('@tag(name: "risk")')
  @Field(() => Signals, {
    // A simple field would be read without checking its scope.
    simple: false,
    nullable: true,
    description:
      'What the evaluation found; null if Stripe sends no signals, or none yet: see `pendingSignals`. May need `evaluations:signals`: without it null, with the error `FORBIDDEN`.',
  })
  readonly signals: Signals | null;

  @Field(() => [CustomerEvaluationSignalKind], {
    description:
      'Signals that Stripe is still computing: retrieve the evaluation again by its `id`. Empty if none are pending, and always with Stripe’s v1 API.',
  })
  readonly pendingSignals: readonly CustomerEvaluationSignalKind[];

  constructor(fields: CustomerEvaluation) {
    this.id = fields.id;
    this.eventType = fields.eventType;
    this.livemode = fields.livemode;
    this.createdAt = fields.createdAt;
    this.customer = fields.customer;
    this.events = fields.events;
    this.status = fields.status;
    this.signals = fields.signals;
    this.pendingSignals = fields.pendingSignals;
  }
}
