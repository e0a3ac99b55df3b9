import { GraphQLDateTime } from 'graphql-scalars';
import { createUnionType, Field, Float, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { CustomerEvaluationRiskLevel } from './risk-level.enum.ts';

@InterfaceType({
  description: 'How likely one kind of abuse is.',
  resolveType: (signal: CustomerEvaluationSignal) => signal.constructor.name,
})
export abstract class CustomerEvaluationSignal {
  @Field(() => Float, {
    nullable: true,
    description:
      'From 0.0 (unlikely) to 100.0 (almost certain); null if Stripe sends none; in that case, decide by the level.',
  })
  readonly score: number | null;

  @Field(() => CustomerEvaluationRiskLevel, {
    nullable: true,
    description:
      'Stripe’s interpretation of the score; null if Stripe sends none; in that case, decide by the score.',
  })
  readonly riskLevel: CustomerEvaluationRiskLevel | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When the signal was computed; null if Stripe does not say.',
  })
  readonly evaluatedAt: Date | null;

  constructor(fields: CustomerEvaluationSignal) {
    this.score = fields.score;
    this.riskLevel = fields.riskLevel;
    this.evaluatedAt = fields.evaluatedAt;
  }
}

@ObjectType({
  simpleResolvers: true,
  implements: CustomerEvaluationSignal,
  description: 'How likely it is that several people use the account.',
})
export class AccountSharingSignal extends CustomerEvaluationSignal {}

@ObjectType({
  simpleResolvers: true,
  implements: CustomerEvaluationSignal,
  description: 'How likely it is that the same person holds several accounts.',
})
export class MultiAccountingSignal extends CustomerEvaluationSignal {}

/**
 * Every signal: one row and one class. Wire schema, names, fields, kinds, metrics labels and types are derived from it.
 * The key is Stripe's name in v1, `v2` the one in v2; `event` is the event type that the signal belongs to: an
 * evaluation in v2 requests the signals of its event type.
 */
export const signalTable = {
  account_sharing: {
    field: 'accountSharing',
    type: AccountSharingSignal,
    event: 'LOGIN',
    v2: 'user_account_sharing',
  },
  multi_accounting: {
    field: 'multiAccounting',
    type: MultiAccountingSignal,
    event: 'REGISTRATION',
    v2: 'user_multi_accounting',
  },
} as const satisfies Record<string, SignalRow>;

export interface SignalRow {
  readonly field: string;
  readonly type: new (fields: CustomerEvaluationSignal) => CustomerEvaluationSignal;
  readonly event: 'LOGIN' | 'REGISTRATION';
  readonly v2: string;
}
type SignalTable = typeof signalTable;
export type SignalName = keyof SignalTable;

/** Stripe's names of all signals. */
export const signalNames = Object.keys(signalTable) as SignalName[];

/** A signal as an enum value, for pending signals. */
export type CustomerEvaluationSignalKind = Uppercase<SignalName> | 'UNKNOWN';
export const CustomerEvaluationSignalKind = Object.fromEntries(
  [...signalNames, 'unknown'].map((name) => [name.toUpperCase(), name.toUpperCase()]),
) as { readonly [Kind in CustomerEvaluationSignalKind]: Kind };

registerEnumType(CustomerEvaluationSignalKind, {
  name: 'CustomerEvaluationSignalKind',
  description: 'The name of a signal, for pending signals.',
  valuesConfig: {
    ...Object.fromEntries(
      signalNames.map((name) => [name.toUpperCase(), { description: `\`${signalTable[name].field}\`.` }]),
    ),
    UNKNOWN: { description: 'A signal that is newer than this gateway.' },
  },
});

/** All signals that an evaluation may have; null if Stripe did not send one. */
export type SignalFields = {
  readonly [Name in SignalName as SignalTable[Name]['field']]: InstanceType<SignalTable[Name]['type']> | null;
};

// Both classes get their fields from the table.
@ObjectType({ simpleResolvers: true, description: 'The signals of a login.' })
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor sets all fields of the interface
export class LoginSignals {
  constructor(fields: SignalFields) {
    Object.assign(this, fields);
  }
}
export interface LoginSignals extends SignalFields {}

@ObjectType({ simpleResolvers: true, description: 'The signals of a registration.' })
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor sets all fields of the interface
export class RegistrationSignals {
  constructor(fields: SignalFields) {
    Object.assign(this, fields);
  }
}
export interface RegistrationSignals extends SignalFields {}

const members = { LOGIN: LoginSignals, REGISTRATION: RegistrationSignals } as const;

for (const [event, member] of Object.entries(members)) {
  const { own = [], others = [] } = Object.groupBy(Object.values(signalTable), (row) =>
    row.event === event ? 'own' : 'others',
  );
  const word = event.toLowerCase();
  for (const row of [...own, ...others]) {
    const description =
      row.event === event
        ? `The ${word}’s own signal; null if Stripe could not compute it.`
        : `Usually null: Stripe decides whether to add it to a ${word}.`;
    Field(() => row.type, { nullable: true, description })(member.prototype, row.field);
  }
}

/** All signal fields, each read by `read`. */
export function signalFieldsOf(
  read: <Name extends SignalName>(name: Name, row: SignalTable[Name]) => CustomerEvaluationSignal | null,
): SignalFields {
  const fields = signalNames.map((name) => {
    const row = signalTable[name];
    const signal = read(name, row);
    return [row.field, signal === null ? null : new row.type(signal)];
  });
  return Object.fromEntries(fields) as SignalFields;
}

/** The signals of an evaluation, by its event type. For an unknown event type, the signals found decide. */
export function signalsOf(event: SignalRow['event'] | 'UNKNOWN', fields: SignalFields): Signals {
  const found = Object.values(signalTable).find(({ field }) => fields[field] !== null);
  return new members[event === 'UNKNOWN' ? (found?.event ?? 'REGISTRATION') : event](fields);
}

/** The signals of an evaluation by Stripe's names, for metrics. */
export function signalsByName(signals: Signals | null): Record<SignalName, CustomerEvaluationSignal | null> {
  const named = signalNames.map((name) => [name, signals?.[signalTable[name].field] ?? null]);
  return Object.fromEntries(named);
}

/** A member per event type: the upstream's `signals` is one hash whose keys depend on the event type. */
export const Signals = createUnionType({
  name: 'Signals',
  description: 'What an evaluation found, by event type: select `__typename`.',
  types: () => [LoginSignals, RegistrationSignals] as const,
  resolveType: typenameOfSignals,
});
export type Signals = LoginSignals | RegistrationSignals;

export function typenameOfSignals(signals: Signals): string {
  return signals instanceof LoginSignals ? 'LoginSignals' : 'RegistrationSignals';
}
