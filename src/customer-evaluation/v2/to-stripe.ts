import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { Places } from '../../graph/error-path.ts';
import { InputProblems, maxProblems } from '../../graph/input-validation.ts';
import type { CreateAccountEvaluationParams } from '../../stripe/account-evaluation.wire.ts';
import { type ClientDetailsParams, maxStringLength } from '../../stripe/customer-evaluation.wire.ts';
import { clientDetailsParams } from '../client-details.ts';
import type { CreateCustomerEvaluationInput } from '../create-customer-evaluation.input.ts';
import type { EventType } from '../event-type.enum.ts';
import { knownEventType } from '../known-event-type.ts';
import { type SignalRow, signalTable } from '../signals.union.ts';

/** The request to Stripe, and where its parameters are in the client's input. */
export interface AccountEvaluationRequest {
  readonly params: CreateAccountEvaluationParams;
  readonly eventType: EventType;
  readonly places: Places;
}

const contextPath = ['input', 'evaluationContext'] as const;

/**
 * Translates a client's input to v2's parameters; pure, and without a clock, so that a retry is the same request.
 * Throws an `UpstreamCallError` that names every invalid field: `BAD_USER_INPUT` for what v2 can't read, and
 * `UPSTREAM_UNSUPPORTED` for what it has no field for: a person who is not a Stripe customer.
 */
export function toStripe(input: CreateCustomerEvaluationInput): AccountEvaluationRequest {
  const problems = new InputProblems(maxStringLength);
  const eventType = knownEventType(problems, input.eventType, ['input', 'eventType']);
  const client = onlyEntry(problems, input, 'clientDetails');
  const customer = onlyEntry(problems, input, 'customerDetails');
  if (input.evaluationContext.length === 0) problems.add(contextPath, 'must have at least one entry.');
  const clientDetails = client && clientDetailsParams(problems, client.details, client.path);
  const customerId =
    customer?.details.customer == null
      ? undefined
      : problems.required(customer.details.customer, customer.path, 'customer');
  problems.throwIfAny();
  if (customer === undefined || customerId === undefined || eventType === undefined) {
    throw needsCustomer(input);
  }
  return {
    params: {
      account_details: { customer: customerId },
      requested_signals: requestedSignals[eventType],
      account_activity_details: clientDetails && { data: attempt(eventType, clientDetails) },
    },
    eventType,
    places: { account_details: { at: [...customer.path.slice(1), 'customer'] } },
  };
}

/** v2's names of each event type's signals. */
export const requestedSignals: Readonly<Record<EventType, readonly string[]>> = {
  LOGIN: signalsOf('LOGIN'),
  REGISTRATION: signalsOf('REGISTRATION'),
};

function signalsOf(eventType: EventType): string[] {
  return Object.values<SignalRow>(signalTable)
    .filter(({ event }) => event === eventType)
    .map(({ v2 }) => v2);
}

function attempt(eventType: EventType, client_details: ClientDetailsParams) {
  return eventType === 'LOGIN'
    ? ({ type: 'login_attempt', login_attempt: { client_details } } as const)
    : ({ type: 'registration_attempt', registration_attempt: { client_details } } as const);
}

/** The only entry of this kind, since v2 accepts one client and one customer; undefined if the input has none. */
function onlyEntry<Name extends 'clientDetails' | 'customerDetails'>(
  problems: InputProblems,
  { evaluationContext }: CreateCustomerEvaluationInput,
  name: Name,
) {
  const entries = evaluationContext.flatMap(({ [name]: details }, index) =>
    details == null ? [] : [{ details, path: [...contextPath, String(index), name] }],
  );
  for (const { path } of entries.slice(1)) {
    problems.add(path, 'Stripe’s v2 API accepts one entry of this kind; leave out the others.');
  }
  return entries[0];
}

function needsCustomer({ evaluationContext }: CreateCustomerEvaluationInput): UpstreamCallError {
  const rule =
    'Stripe’s v2 API evaluates only Stripe customers: create one first and send its id as `customerDetails.customer`.';
  const paths = evaluationContext.flatMap(({ customerDetails }, index) =>
    customerDetails?.customerData == null
      ? []
      : [[...contextPath, String(index), 'customerDetails', 'customerData']],
  );
  const named = paths.length === 0 ? [contextPath] : paths.slice(0, maxProblems);
  return UpstreamCallError.ofFields('UPSTREAM_UNSUPPORTED', named, rule);
}
