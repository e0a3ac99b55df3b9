import * as z from 'zod';

/*
 * The requests and responses of v2, from Stripe's OpenAPI description of the preview `2026-09-30.preview` and the types
 * of its SDK: https://docs.stripe.com/api/v2/signals. Independent of the gateway's own schemas for the same responses.
 */

const text = z.string().min(1).max(5000);
const time = z.iso.datetime();

const userSignals = ['user_multi_accounting', 'user_account_sharing'] as const;
const signalKind = z.enum([...userSignals, 'fraudulent_website']);
export type SignalKind = z.infer<typeof signalKind>;

const businessData = z.strictObject({
  defaults: z
    .strictObject({
      profile: z.strictObject({
        business_url: text,
        doing_business_as: text.optional(),
        product_description: text.optional(),
      }),
    })
    .optional(),
});

const accountDetails = z.strictObject({
  account: text.optional(),
  customer: text.optional(),
  data: businessData.optional(),
});

const clientDetails = z
  .strictObject({
    radar_session: text.optional(),
    data: z.strictObject({ ip: text, referrer: text.optional(), user_agent: text.optional() }).optional(),
  })
  .refine(({ radar_session, data }) => radar_session !== undefined || data !== undefined, {
    error: 'Provide radar_session or data.',
  });

const attempt = z.strictObject({ client_details: clientDetails });
const decision = z.strictObject({ status: z.enum(['allowed', 'restricted', 'blocked']) });

const registrationAttempt = z.strictObject({
  type: z.literal('registration_attempt'),
  occurred_at: time.optional(),
  registration_attempt: attempt,
});
const loginAttempt = z.strictObject({
  type: z.literal('login_attempt'),
  occurred_at: time.optional(),
  login_attempt: attempt,
});

/** The body of `POST /v2/signals/account_evaluations`. */
export const createParameters = z.strictObject({
  account_details: accountDetails,
  requested_signals: z.array(signalKind).min(1),
  account_activity_details: z
    .strictObject({
      account_activity: text.optional(),
      data: z.discriminatedUnion('type', [registrationAttempt, loginAttempt]).optional(),
    })
    .optional(),
});
export type CreateParameters = z.infer<typeof createParameters>;

/** The body of `POST /v2/signals/account_activities`. */
const about = { account_evaluation: text.optional(), account_details: accountDetails.optional() };
export const activityParameters = z.discriminatedUnion('type', [
  registrationAttempt.extend(about),
  loginAttempt.extend(about),
  z.strictObject({
    type: z.literal('registration_decision'),
    occurred_at: time.optional(),
    registration_decision: decision,
    ...about,
  }),
  z.strictObject({
    type: z.literal('login_decision'),
    occurred_at: time.optional(),
    login_decision: decision,
    ...about,
  }),
]);
export type ActivityParameters = z.infer<typeof activityParameters>;

const signalResult = z.strictObject({
  risk_level: z.enum(['highest', 'elevated', 'normal', 'low', 'unknown']),
  score: z
    .string()
    .regex(/^\d{1,3}\.\d+$/)
    .optional(),
  evaluated_at: time.optional(),
  signal: z.string().optional(),
});

/** An evaluation in v2's format. */
export const accountEvaluation = z.strictObject({
  id: z.string(),
  object: z.literal('v2.signals.account_evaluation'),
  created: time,
  livemode: z.boolean(),
  account_details: accountDetails,
  requested_signals: z.array(signalKind),
  pending_signals: z.array(signalKind),
  account_activity_details: z.strictObject({ account_activity: z.string().optional() }).optional(),
  evaluated_signals: z
    .strictObject({
      user_multi_accounting: signalResult.optional(),
      user_account_sharing: signalResult.optional(),
      // Rates a business website: a text instead of a score.
      fraudulent_website: signalResult.omit({ score: true }).extend({ details: z.string() }).optional(),
    })
    .optional(),
});

/** An activity in v2's format. */
export const accountActivity = z.strictObject({
  id: z.string(),
  object: z.literal('v2.signals.account_activity'),
  created: time,
  livemode: z.boolean(),
  type: z.enum(['registration_attempt', 'login_attempt', 'registration_decision', 'login_decision']),
  occurred_at: time,
  account_evaluation: z.string().optional(),
  account_details: accountDetails.optional(),
  registration_attempt: attempt.optional(),
  login_attempt: attempt.optional(),
  registration_decision: decision.optional(),
  login_decision: decision.optional(),
});
export type AccountActivity = z.infer<typeof accountActivity>;

/** An error in v2's format: no `param`. */
export const v2Error = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    type: z.string().optional(),
  }),
});
