import * as z from 'zod';
import type { ClientDetailsParams } from './customer-evaluation.wire.ts';

/*
 * Stripe's fields and values for `v2.signals.account_evaluation`, spelled as on the wire. Source:
 * https://docs.stripe.com/api/v2/signals (preview 2026-09-30).
 */

export const accountEvaluationsPath = '/v2/signals/account_evaluations';

type AccountActivityParams =
  | { type: 'login_attempt'; login_attempt: { client_details: ClientDetailsParams } }
  | { type: 'registration_attempt'; registration_attempt: { client_details: ClientDetailsParams } };

export interface CreateAccountEvaluationParams {
  account_details: { customer: string };
  requested_signals: readonly string[];
  account_activity_details?: { data: AccountActivityParams } | undefined;
}

type DecisionParams = { status: 'allowed' | 'restricted' | 'blocked' };

/** What the business decided, as an account activity. */
export type AccountDecisionParams = { account_evaluation: string } & (
  | { type: 'login_decision'; login_decision: DecisionParams }
  | { type: 'registration_decision'; registration_decision: DecisionParams }
);

const time = z.iso.datetime({ offset: true });

// Loose throughout, since Stripe adds fields without notice; unknown fields are counted as drift.
const accountSignal = z.looseObject({
  risk_level: z.string().nullish(),
  /** A decimal: JSON numbers would lose digits in some clients. Checked later: callers decide by the level. */
  score: z.union([z.string(), z.number()]).nullish(),
  evaluated_at: time.nullish(),
  signal: z.string().nullish(),
});

const evaluation = z.looseObject({
  id: z.string().min(1),
  object: z.literal('v2.signals.account_evaluation'),
  created: time,
  // Required by the reference, but missing in all of its examples.
  livemode: z.boolean().nullish(),
  account_details: z.looseObject({ customer: z.string().min(1).nullish() }).nullish(),
  requested_signals: z.array(z.string()),
  pending_signals: z.array(z.string()).nullish(),
  account_activity_details: z.looseObject({}).nullish(),
  evaluated_signals: z.looseObject({}).nullish(),
});

/**
 * The minimum that a response must have to be read; open enums stay strings here. Evaluated signals in `signalNames`
 * are checked; others are kept as they came.
 */
export function accountEvaluationWire<Name extends string>(signalNames: readonly Name[]) {
  const signals = {} as Record<Name, z.ZodOptional<z.ZodNullable<typeof accountSignal>>>;
  for (const name of signalNames) signals[name] = accountSignal.nullish();
  return evaluation.extend({ evaluated_signals: z.looseObject(signals).nullish() });
}

export type AccountSignalWire = z.infer<typeof accountSignal>;

/** The response to a decision: only its `object` is read. */
export const accountActivityWire = z.looseObject({ object: z.literal('v2.signals.account_activity') });
