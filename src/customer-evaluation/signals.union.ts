import { GraphQLDateTime } from 'graphql-scalars';
import { createUnionType, Field, Float, InterfaceType, ObjectType } from 'type-graphql';
import { CustomerEvaluationRiskLevel } from './risk-level.enum.ts';

@InterfaceType({
  description: 'How likely one kind of abuse is.',
  resolveType: (signal: CustomerEvaluationSignal) =>
    signal instanceof AccountSharingSignal ? 'AccountSharingSignal' : 'MultiAccountingSignal',
})
abstract class CustomerEvaluationSignal {
  @Field(() => Float, { description: 'From 0.0, unlikely, to 100.0, all but certain.' })
  readonly score: number;

  @Field(() => CustomerEvaluationRiskLevel, {
    nullable: true,
    description: 'Stripe’s reading of the score; null where Stripe gives none: decide by score.',
  })
  readonly riskLevel: CustomerEvaluationRiskLevel | null;

  @Field(() => GraphQLDateTime, { description: 'When the score was computed.' })
  readonly evaluatedAt: Date;

  constructor(fields: CustomerEvaluationSignal) {
    this.score = fields.score;
    this.riskLevel = fields.riskLevel;
    this.evaluatedAt = fields.evaluatedAt;
  }
}

@ObjectType({
  simpleResolvers: true,
  implements: CustomerEvaluationSignal,
  description: 'How likely the account is used by several people.',
})
export class AccountSharingSignal extends CustomerEvaluationSignal {}

@ObjectType({
  simpleResolvers: true,
  implements: CustomerEvaluationSignal,
  description: 'How likely the same person holds several accounts.',
})
export class MultiAccountingSignal extends CustomerEvaluationSignal {}

/** Both signals that an evaluation may carry; null where the upstream sent none. */
export interface SignalFields {
  readonly accountSharing: AccountSharingSignal | null;
  readonly multiAccounting: MultiAccountingSignal | null;
}

@ObjectType({ simpleResolvers: true, description: 'The signals of a login.' })
export class LoginSignals implements SignalFields {
  @Field(() => AccountSharingSignal, {
    nullable: true,
    description: 'The login’s own signal; null where Stripe could not compute it.',
  })
  readonly accountSharing: AccountSharingSignal | null;

  @Field(() => MultiAccountingSignal, {
    nullable: true,
    description: 'As a rule null: only Stripe decides to add it to a login.',
  })
  readonly multiAccounting: MultiAccountingSignal | null;

  constructor(fields: SignalFields) {
    this.accountSharing = fields.accountSharing;
    this.multiAccounting = fields.multiAccounting;
  }
}

@ObjectType({ simpleResolvers: true, description: 'The signals of a registration.' })
export class RegistrationSignals implements SignalFields {
  @Field(() => MultiAccountingSignal, {
    nullable: true,
    description: 'The registration’s own signal; null where Stripe could not compute it.',
  })
  readonly multiAccounting: MultiAccountingSignal | null;

  @Field(() => AccountSharingSignal, {
    nullable: true,
    description: 'As a rule null: only Stripe decides to add it to a registration.',
  })
  readonly accountSharing: AccountSharingSignal | null;

  constructor(fields: SignalFields) {
    this.multiAccounting = fields.multiAccounting;
    this.accountSharing = fields.accountSharing;
  }
}

/** A member per event type: the upstream's `signals` is one hash whose keys depend on the event type. */
export const Signals = createUnionType({
  name: 'Signals',
  description: 'What an evaluation found, told apart by its event type: ask for `__typename`.',
  types: () => [LoginSignals, RegistrationSignals] as const,
  resolveType: typenameOfSignals,
});
export type Signals = LoginSignals | RegistrationSignals;

export function typenameOfSignals(signals: Signals): string {
  return signals instanceof LoginSignals ? 'LoginSignals' : 'RegistrationSignals';
}
