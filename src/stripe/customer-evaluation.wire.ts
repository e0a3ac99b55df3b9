import * as z from 'zod';

/*
 * Stripe's fields and values for `radar.customer_evaluation`, spelled as on the wire. Source:
 * https://docs.stripe.com/api/radar/customer_evaluations (preview 2026-03-04).
 */

export const customerEvaluationsPath = '/v1/radar/customer_evaluations';

/** The maximum characters of a string in an evaluation's context (OpenAPI `maxLength`). */
export const maxStringLength = 5000;

// Type aliases, not interfaces: only an alias fits the form encoder's index signature.
export type EvaluationContextParams =
  | { type: 'client_details'; client_details: ClientDetailsParams }
  | { type: 'customer_details'; customer_details: CustomerDetailsParams };

export type ClientDetailsParams =
  | { radar_session: string }
  | { data: { ip: string; referrer?: string | undefined; user_agent?: string | undefined } };

export type CustomerDetailsParams =
  | { customer: string }
  | { customer_data: { email?: string | undefined; name?: string | undefined; phone?: string | undefined } };

export type CreateCustomerEvaluationParams = {
  event_type: 'login' | 'registration';
  evaluation_context: EvaluationContextParams[];
};

/** A report before 2026-05-27: what happened. */
export type ReportEventParams =
  | { type: 'login_success' }
  | { type: 'login_failed'; login_failed: { reason: 'other' | 'suspected_account_sharing' } }
  | { type: 'registration_success'; registration_success?: { customer: string } | undefined }
  | { type: 'registration_failed'; registration_failed: { reason: 'other' | 'suspected_multi_accounting' } };

/** A report from 2026-05-27 on: what the business decided. */
export type ReportOutcomeParams = {
  status?: 'allowed' | 'restricted' | 'blocked' | undefined;
  customer?: string | undefined;
};

// The last second that RFC 3339 can write, 9999-12-31T23:59:59Z. Rejects milliseconds sent as seconds.
const unixSeconds = z.number().int().min(0).max(253_402_300_799);

// Stripe's two forms of a list: bare, or within a list object (https://docs.stripe.com/api/pagination).
const listItems = (value: unknown): unknown =>
  isObject(value) && Array.isArray(value['data']) ? value['data'] : value;

// Stripe's forms of a reference: an id, or the object itself, whole or deleted
// (https://docs.stripe.com/api/expanding_objects). Only the id is kept.
const referencedId = (value: unknown): unknown => (isObject(value) ? (value['id'] ?? value) : value);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Loose throughout, since Stripe adds fields without notice; unknown fields are counted as drift.
// Null is read as missing: a response that is refused here may be of an evaluation that was made and billed.
const signal = z.looseObject({
  score: z.number().nullish(),
  evaluated_at: unixSeconds.nullish(),
  risk_level: z.string().nullish(),
});

const failedEvent = z.looseObject({ reason: z.string().nullish() }).nullish();

const event = z.looseObject({
  type: z.string(),
  occurred_at: unixSeconds,
  login_failed: failedEvent,
  registration_failed: failedEvent,
});

const evaluation = z.looseObject({
  id: z.string().min(1),
  object: z.literal('radar.customer_evaluation'),
  event_type: z.string(),
  livemode: z.boolean(),
  created_at: unixSeconds,
  customer: z.preprocess(referencedId, z.string().min(1).nullish()).optional(),
  events: z.preprocess(listItems, z.array(event).nullish()).optional(),
  signals: z.looseObject({}).nullish(),
  status: z.string().nullish(),
});

/**
 * The minimum that a response must have to be read; open enums stay strings here. Signals in `signalNames` are checked;
 * others are kept as they came.
 */
export function customerEvaluationWire<Name extends string>(signalNames: readonly Name[]) {
  const signals = {} as Record<Name, z.ZodOptional<z.ZodNullable<typeof signal>>>;
  for (const name of signalNames) signals[name] = signal.nullish();
  return evaluation.extend({ signals: z.looseObject(signals).nullish() });
}

export type CustomerEvaluationWire = z.infer<typeof evaluation>;
export type SignalWire = z.infer<typeof signal>;
