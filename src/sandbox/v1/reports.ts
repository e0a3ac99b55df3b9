import * as z from 'zod';
import type { SandboxEvaluation } from './evaluations.ts';
import { type ParameterError, readParameters, text } from './parameters.ts';

/** The first preview in which a report is a decision instead of an event. */
const outcomesSince = '2026-05-27';

const loginFailed = z.strictObject({ reason: z.enum(['other', 'suspected_account_sharing']) });
const registrationFailed = z.strictObject({ reason: z.enum(['other', 'suspected_multi_accounting']) });

const eventParameters = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('login_success') }),
  z.strictObject({ type: z.literal('login_failed'), login_failed: loginFailed }),
  z.strictObject({
    type: z.literal('registration_success'),
    registration_success: z.strictObject({ customer: text.optional() }).optional(),
  }),
  z.strictObject({ type: z.literal('registration_failed'), registration_failed: registrationFailed }),
]);

const outcomeParameters = z.strictObject({
  status: z.enum(['allowed', 'restricted', 'blocked']).optional(),
  customer: text.optional(),
  expand: z.array(z.enum(['events', 'signals'])).optional(),
});

export type ReportParameters = z.infer<typeof eventParameters> | z.infer<typeof outcomeParameters>;

/** The newest events that an evaluation keeps: every response about it contains them all. */
const maxEvents = 100;

/** Reads the form of a report, as its version defines it. */
export function readReportParameters(
  form: string,
  version: string,
): { params: ReportParameters } | { error: ParameterError } {
  return version >= outcomesSince
    ? readParameters<ReportParameters>(form, outcomeParameters)
    : readParameters<ReportParameters>(form, eventParameters);
}

/** The evaluation after a report: with the event appended or the status set, and the customer attached. */
export function reported(evaluation: SandboxEvaluation, params: ReportParameters): SandboxEvaluation {
  if (!('type' in params)) {
    const { status, customer } = params;
    return {
      ...evaluation,
      ...(status === undefined ? {} : { status }),
      ...(customer === undefined ? {} : { customer }),
    };
  }
  const { type, ...rest } = params;
  const event = { type, occurred_at: Math.floor(Date.now() / 1000), ...failureIn(params) };
  const customer = 'registration_success' in rest ? rest.registration_success?.customer : undefined;
  return {
    ...evaluation,
    ...(customer === undefined ? {} : { customer }),
    events: [...(evaluation.events ?? []), event].slice(-maxEvents),
  };
}

// An event is kept with its reason; a customer is attached to the evaluation.
function failureIn(params: z.infer<typeof eventParameters>): object {
  switch (params.type) {
    case 'login_failed':
      return { login_failed: params.login_failed };
    case 'registration_failed':
      return { registration_failed: params.registration_failed };
    default:
      return {};
  }
}

/** Reads the query of a retrieval, which has only `expand`. */
export function readRetrieveParameters(
  query: string,
): { params: { expand?: string[] | undefined } } | { error: ParameterError } {
  return readParameters(query, z.strictObject({ expand: z.array(z.enum(['events', 'signals'])).optional() }));
}
