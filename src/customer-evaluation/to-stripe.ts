import { InputProblems, oneOfNotEnforced, optional, type Path, required } from '../graph/input-validation.ts';
import type {
  ClientDetailsParams,
  CreateCustomerEvaluationParams,
  CustomerDetailsParams,
  EvaluationContextParams,
} from '../stripe/customer-evaluation.wire.ts';
import type { VersionCapabilities } from '../stripe/versions.ts';
import { requireCapability } from './capabilities.ts';
import type {
  CreateCustomerEvaluationInput,
  EvaluationClientDetailsInput,
  EvaluationContextInput,
  EvaluationCustomerDetailsInput,
} from './create-customer-evaluation.input.ts';
import { eventTypeWords } from './event-type.enum.ts';

/**
 * Translates a client's input to the upstream's parameters; pure. Throws a `UpstreamCallError` that names every field at
 * fault: `BAD_USER_INPUT` for what the reference refuses, `UPSTREAM_UNSUPPORTED` for what only a newer version
 * takes. What the reference leaves open (formats, which entries go together) is left to the upstream.
 */
export function toStripe(
  input: CreateCustomerEvaluationInput,
  capabilities: VersionCapabilities,
): CreateCustomerEvaluationParams {
  const faults = new InputProblems();
  const params = {
    event_type: eventType(faults, input),
    evaluation_context: evaluationContext(faults, input.evaluationContext),
  };
  faults.throwIfAny();
  const withData = clientDataPaths(input);
  if (withData.length > 0) requireCapability(capabilities, 'clientData', withData);
  return params;
}

function eventType(
  faults: InputProblems,
  input: CreateCustomerEvaluationInput,
): CreateCustomerEvaluationParams['event_type'] {
  if (input.eventType !== 'UNKNOWN') return eventTypeWords[input.eventType];
  faults.add(['input', 'eventType'], 'takes LOGIN or REGISTRATION; UNKNOWN stands only in answers.');
  return eventTypeWords.LOGIN;
}

function evaluationContext(
  faults: InputProblems,
  entries: readonly EvaluationContextInput[],
): EvaluationContextParams[] {
  const path = ['input', 'evaluationContext'];
  if (entries.length === 0) faults.add(path, 'takes at least one entry.');
  return entries.map((entry, index) => contextEntry(faults, entry, [...path, String(index)]));
}

function contextEntry(
  faults: InputProblems,
  entry: EvaluationContextInput,
  path: Path,
): EvaluationContextParams {
  const { clientDetails, customerDetails } = entry;
  if (clientDetails != null) {
    return {
      type: 'client_details',
      client_details: clientDetailsParams(faults, clientDetails, [...path, 'clientDetails']),
    };
  }
  if (customerDetails != null) {
    return {
      type: 'customer_details',
      customer_details: customerDetailsParams(faults, customerDetails, [...path, 'customerDetails']),
    };
  }
  throw oneOfNotEnforced();
}

function clientDetailsParams(
  faults: InputProblems,
  details: EvaluationClientDetailsInput,
  path: Path,
): ClientDetailsParams {
  const { radarSession, data } = details;
  if (radarSession != null) {
    return { radar_session: required(faults, radarSession, [...path, 'radarSession']) };
  }
  if (data != null) {
    const at = [...path, 'data'];
    return {
      data: {
        ip: required(faults, data.ip, [...at, 'ip']),
        referrer: optional(faults, data.referrer, [...at, 'referrer']),
        user_agent: optional(faults, data.userAgent, [...at, 'userAgent']),
      },
    };
  }
  throw oneOfNotEnforced();
}

function customerDetailsParams(
  faults: InputProblems,
  details: EvaluationCustomerDetailsInput,
  path: Path,
): CustomerDetailsParams {
  const { customer, customerData } = details;
  if (customer != null) return { customer: required(faults, customer, [...path, 'customer']) };
  if (customerData != null) {
    const at = [...path, 'customerData'];
    const { email, name, phone } = customerData;
    // An empty hash has no form encoding: the upstream would see an entry without its payload.
    if (email == null && name == null && phone == null) {
      faults.add(at, 'takes at least one of email, name and phone.');
    }
    return {
      customer_data: {
        email: optional(faults, email, [...at, 'email']),
        name: optional(faults, name, [...at, 'name']),
        phone: optional(faults, phone, [...at, 'phone']),
      },
    };
  }
  throw oneOfNotEnforced();
}

function clientDataPaths(input: CreateCustomerEvaluationInput): Path[] {
  return input.evaluationContext.flatMap(({ clientDetails }, index) =>
    clientDetails?.data == null
      ? []
      : [['input', 'evaluationContext', String(index), 'clientDetails', 'data']],
  );
}
