import {
  type CustomerEvaluationWire,
  customerEvaluationWire,
  type SignalWire,
} from '../../stripe/customer-evaluation.wire.ts';
import { invalidResponse, readAs, type UpstreamResponse } from '../../stripe/http/response.ts';
import { CustomerEvaluation, StripeCustomer } from '../customer-evaluation.type.ts';
import {
  CustomerEvaluationEvent,
  type CustomerEvaluationFailureReason,
  type CustomerEvaluationOutcome,
} from '../customer-evaluation-event.type.ts';
import type { CustomerEvaluationEventType } from '../event-type.enum.ts';
import { ResponseDrift, riskLevels, type Translated, type Words } from '../response-drift.ts';
import {
  type CustomerEvaluationSignal,
  type SignalName,
  type Signals,
  signalFieldsOf,
  signalNames,
  signalsOf,
} from '../signals.union.ts';
import type { CustomerEvaluationStatus } from '../status.enum.ts';

/** The call that a response must match: the id of an existing evaluation, or the event of a new one. */
export interface Asked {
  readonly id?: string | undefined;
  readonly eventType?: CustomerEvaluationEventType | undefined;
}

const eventTypes = {
  login: 'LOGIN',
  registration: 'REGISTRATION',
} as const satisfies Words<CustomerEvaluationEventType>;
const statuses = {
  allowed: 'ALLOWED',
  restricted: 'RESTRICTED',
  blocked: 'BLOCKED',
} as const satisfies Words<CustomerEvaluationStatus>;
const outcomes = {
  login_success: 'LOGIN_SUCCESS',
  login_failed: 'LOGIN_FAILED',
  registration_success: 'REGISTRATION_SUCCESS',
  registration_failed: 'REGISTRATION_FAILED',
} as const satisfies Words<CustomerEvaluationOutcome>;
const failureReasons = {
  other: 'OTHER',
  suspected_account_sharing: 'SUSPECTED_ACCOUNT_SHARING',
  suspected_multi_accounting: 'SUSPECTED_MULTI_ACCOUNTING',
} as const satisfies Words<CustomerEvaluationFailureReason>;

const evaluationWire = customerEvaluationWire(signalNames);
const evaluationFields = Object.keys(evaluationWire.shape);
const signalFields = ['score', 'evaluated_at', 'risk_level'];
const eventFields = ['type', 'occurred_at', 'login_failed', 'registration_failed'];

/**
 * Checks a response and translates it to the model; pure. Throws `UPSTREAM_INVALID_RESPONSE` if the response violates
 * the contract, or has another id or event type than `asked`. Values and fields that are newer than this gateway never
 * fail a call: they are returned as `UNKNOWN` or left out, and reported as drift.
 */
export function fromStripe(response: UpstreamResponse, asked: Asked): Translated {
  const wire = readAs(evaluationWire, response);
  const drift = new ResponseDrift();
  const eventType = drift.readEnum(eventTypes, 'event_type', wire.event_type);
  if (asked.id !== undefined && wire.id !== asked.id) {
    throw invalidResponse('id: not the requested one', response.requestId);
  }
  if (asked.eventType !== undefined && eventType !== asked.eventType) {
    throw invalidResponse('event_type: not the requested one', response.requestId);
  }
  drift.noteUnknown('', wire, evaluationFields);
  const evaluation = new CustomerEvaluation({
    id: wire.id,
    eventType,
    livemode: wire.livemode,
    createdAt: fromUnixSeconds(wire.created_at),
    customer: wire.customer == null ? null : new StripeCustomer(wire.customer),
    events: wire.events?.slice(-maxEvents).map((event) => readEvent(drift, event)) ?? null,
    status: wire.status == null ? null : drift.readEnum(statuses, 'status', wire.status),
    signals: wire.signals == null ? null : readSignals(drift, eventType, wire.signals),
    pendingSignals: [],
  });
  return { evaluation, drift: drift.kinds };
}

/** A login or registration is reported once or twice; more events only make a response large. */
const maxEvents = 100;

function readEvent(
  drift: ResponseDrift,
  event: NonNullable<CustomerEvaluationWire['events']>[number],
): CustomerEvaluationEvent {
  drift.noteUnknown('events.', event, eventFields);
  const reason = event.login_failed?.reason ?? event.registration_failed?.reason;
  return new CustomerEvaluationEvent({
    type: drift.readEnum(outcomes, 'events.type', event.type),
    occurredAt: fromUnixSeconds(event.occurred_at),
    failureReason: reason == null ? null : drift.readEnum(failureReasons, 'events.reason', reason),
  });
}

function readSignals(
  drift: ResponseDrift,
  eventType: CustomerEvaluationEventType,
  wire: Readonly<Partial<Record<SignalName, SignalWire | null | undefined>>>,
): Signals {
  drift.noteUnknown('signals.', wire, signalNames);
  const fields = signalFieldsOf((name) => {
    const signal = wire[name];
    return signal == null ? null : readSignal(drift, name, signal);
  });
  return signalsOf(eventType, fields);
}

function readSignal(drift: ResponseDrift, name: string, wire: SignalWire): CustomerEvaluationSignal {
  drift.noteUnknown(`signals.${name}.`, wire, signalFields);
  return {
    score: wire.score == null ? null : drift.readScore(`signals.${name}.score`, wire.score),
    riskLevel:
      wire.risk_level == null
        ? null
        : drift.readEnum(riskLevels, `signals.${name}.risk_level`, wire.risk_level),
    evaluatedAt: wire.evaluated_at == null ? null : fromUnixSeconds(wire.evaluated_at),
  };
}

function fromUnixSeconds(seconds: number): Date {
  return new Date(seconds * 1000);
}
