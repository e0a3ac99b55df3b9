import { type AccountSignalWire, accountEvaluationWire } from '../../stripe/account-evaluation.wire.ts';
import { invalidResponse, readAs, type UpstreamResponse } from '../../stripe/http/response.ts';
import { CustomerEvaluation, StripeCustomer } from '../customer-evaluation.type.ts';
import type { EventType } from '../event-type.enum.ts';
import { ResponseDrift, riskLevels, type Translated } from '../response-drift.ts';
import {
  type CustomerEvaluationSignal,
  type CustomerEvaluationSignalKind,
  type SignalName,
  type Signals,
  signalFieldsOf,
  signalNames,
  signalsOf,
  signalTable,
} from '../signals.union.ts';
import { requestedSignals } from './to-stripe.ts';

/** The call that a response must match: the id of an existing evaluation, or the event of a new one. */
export interface Asked {
  readonly id?: string | undefined;
  readonly eventType?: EventType | undefined;
}

type V2Name = (typeof signalTable)[SignalName]['v2'];
const v2Names = signalNames.map((name) => signalTable[name].v2);
const namesByV2: ReadonlyMap<string, SignalName> = new Map(
  signalNames.map((name) => [signalTable[name].v2, name]),
);

const evaluationWire = accountEvaluationWire<V2Name>(v2Names);
const evaluationFields = Object.keys(evaluationWire.shape);
const signalFields = ['risk_level', 'score', 'evaluated_at', 'signal'];

/**
 * Checks a response and translates it to the model; pure. Throws `UPSTREAM_INVALID_RESPONSE` if the response violates
 * the contract, or has another id or signal than `asked`. Values and fields that are newer than this gateway never fail
 * a call. `livemode` is the key's, for responses without it.
 */
export function fromStripe(response: UpstreamResponse, asked: Asked, livemode: boolean): Translated {
  const wire = readAs(evaluationWire, response);
  if (asked.id !== undefined && wire.id !== asked.id) {
    throw invalidResponse('id: not the requested one', response.requestId);
  }
  if (asked.eventType !== undefined && !belongTo(asked.eventType, wire.requested_signals)) {
    throw invalidResponse('requested_signals: not the requested ones', response.requestId);
  }
  const drift = new ResponseDrift();
  drift.noteUnknown('', wire, evaluationFields);
  const eventType = asked.eventType ?? eventTypeOf(wire.requested_signals);
  const customer = wire.account_details?.customer;
  const evaluation = new CustomerEvaluation({
    id: wire.id,
    eventType,
    livemode: wire.livemode ?? livemode,
    createdAt: new Date(wire.created),
    customer: customer == null ? null : new StripeCustomer(customer),
    events: null,
    status: null,
    signals: readSignals(drift, eventType, wire.evaluated_signals ?? {}),
    pendingSignals: (wire.pending_signals ?? []).map((name) => kindOf(drift, name)),
  });
  return { evaluation, drift: drift.kinds };
}

function belongTo(eventType: EventType, requested: readonly string[]): boolean {
  return requestedSignals[eventType].some((name) => requested.includes(name));
}

// The event type whose signals were requested, if it is the only one.
function eventTypeOf(requested: readonly string[]): EventType | 'UNKNOWN' {
  const [eventType, ...others] = (['LOGIN', 'REGISTRATION'] as const).filter((each) =>
    belongTo(each, requested),
  );
  return eventType === undefined || others.length > 0 ? 'UNKNOWN' : eventType;
}

function kindOf(drift: ResponseDrift, v2Name: string): CustomerEvaluationSignalKind {
  const name = namesByV2.get(v2Name);
  if (name === undefined) {
    drift.note('unknown value in pending_signals');
    return 'UNKNOWN';
  }
  return name.toUpperCase() as CustomerEvaluationSignalKind;
}

function readSignals(
  drift: ResponseDrift,
  eventType: EventType | 'UNKNOWN',
  wire: Readonly<Partial<Record<V2Name, AccountSignalWire | null | undefined>>>,
): Signals | null {
  drift.noteUnknown('evaluated_signals.', wire, v2Names);
  const fields = signalFieldsOf((_, { v2 }) => {
    const signal = wire[v2];
    return signal == null ? null : readSignal(drift, v2, signal);
  });
  return Object.values(fields).every((signal) => signal === null) ? null : signalsOf(eventType, fields);
}

function readSignal(drift: ResponseDrift, name: string, wire: AccountSignalWire): CustomerEvaluationSignal {
  drift.noteUnknown(`evaluated_signals.${name}.`, wire, signalFields);
  return {
    score:
      wire.score == null ? null : readDecimal(drift, `evaluated_signals.${name}.score`, String(wire.score)),
    riskLevel:
      wire.risk_level == null
        ? null
        : drift.readEnum(riskLevels, `evaluated_signals.${name}.risk_level`, wire.risk_level),
    evaluatedAt: wire.evaluated_at == null ? null : new Date(wire.evaluated_at),
  };
}

/** The nearest double, the same as for a JSON number with these digits; null if it is not a decimal. */
function readDecimal(drift: ResponseDrift, field: string, text: string): number | null {
  if (/^-?\d{1,15}(\.\d{1,100})?$/.test(text)) return drift.readScore(field, Number(text));
  drift.note(`${field} is not a decimal`);
  return null;
}
