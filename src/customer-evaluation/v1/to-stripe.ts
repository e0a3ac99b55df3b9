import { InputProblems, oneOfNotEnforced, type Path } from '../../graph/input-validation.ts';
import {
  type CreateCustomerEvaluationParams,
  type CustomerDetailsParams,
  type EvaluationContextParams,
  maxStringLength,
} from '../../stripe/customer-evaluation.wire.ts';
import type { VersionCapabilities } from '../../stripe/versions.ts';
import { clientDetailsParams } from '../client-details.ts';
import type {
  CreateCustomerEvaluationInput,
  EvaluationContextInput,
  EvaluationCustomerDetailsInput,
} from '../create-customer-evaluation.input.ts';
import { stripeEventTypes } from '../event-type.enum.ts';
import { knownEventType } from '../known-event-type.ts';
import { requireCapability } from './capabilities.ts';

/**
 * Translates a client's input to the upstream's parameters; pure. Throws an `UpstreamCallError` that names every
 * invalid field: `BAD_USER_INPUT` for what the reference forbids, `UPSTREAM_UNSUPPORTED` for what needs a newer
 * version. The upstream checks what the reference leaves open (formats, which entries go together).
 */
export function toStripe(
  input: CreateCustomerEvaluationInput,
  capabilities: VersionCapabilities,
): CreateCustomerEvaluationParams {
  const problems = new InputProblems(maxStringLength);
  const params = {
    event_type:
      stripeEventTypes[knownEventType(problems, input.eventType, ['input', 'eventType']) ?? 'LOGIN'],
    evaluation_context: evaluationContext(problems, input.evaluationContext),
  };
  problems.throwIfAny();
  const withData = clientDataPaths(input);
  if (withData.length > 0) requireCapability(capabilities, 'clientData', withData);
  return params;
}

function evaluationContext(
  problems: InputProblems,
  entries: readonly EvaluationContextInput[],
): EvaluationContextParams[] {
  const path = ['input', 'evaluationContext'];
  if (entries.length === 0) problems.add(path, 'must have at least one entry.');
  return entries.map((entry, index) => contextEntry(problems, entry, [...path, String(index)]));
}

function contextEntry(
  problems: InputProblems,
  entry: EvaluationContextInput,
  path: Path,
): EvaluationContextParams {
  const { clientDetails, customerDetails } = entry;
  if (clientDetails != null) {
    return {
      type: 'client_details',
      client_details: clientDetailsParams(problems, clientDetails, [...path, 'clientDetails']),
    };
  }
  if (customerDetails != null) {
    return {
      type: 'customer_details',
      customer_details: customerDetailsParams(problems, customerDetails, [...path, 'customerDetails']),
    };
  }
  throw oneOfNotEnforced();
}

function customerDetailsParams(
  problems: InputProblems,
  details: EvaluationCustomerDetailsInput,
  path: Path,
): CustomerDetailsParams {
  const { customer, customerData } = details;
  if (customer != null) return { customer: problems.required(customer, path, 'customer') };
  if (customerData != null) {
    const at = [...path, 'customerData'];
    const { email, name, phone } = customerData;
    // An empty hash has no form encoding: the upstream would see an entry without its payload.
    if (email == null && name == null && phone == null) {
      problems.add(at, 'must have at least one of email, name and phone.');
    }
    return {
      customer_data: {
        email: problems.optional(email, at, 'email'),
        name: problems.optional(name, at, 'name'),
        phone: problems.optional(phone, at, 'phone'),
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
