import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  CreateCustomerEvaluationInput,
  EvaluationContextInput,
} from '../../src/customer-evaluation/create-customer-evaluation.input.ts';
import { toStripe } from '../../src/customer-evaluation/v1/to-stripe.ts';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import { encodeForm } from '../../src/stripe/http/form-encoding.ts';
import { capabilitiesOf } from '../../src/stripe/versions.ts';
import { legalInput } from '../harness/customer-evaluation-inputs.ts';
import { formFields } from '../harness/forms.ts';

const current = capabilitiesOf('2026-06-24.preview');
const older = capabilitiesOf('2026-03-04.preview');

const inputOf = (...evaluationContext: EvaluationContextInput[]): CreateCustomerEvaluationInput => ({
  eventType: 'LOGIN',
  evaluationContext,
});

describe('a client’s input in the upstream’s words', () => {
  it.each<{ what: string; entry: EvaluationContextInput; params: object }>([
    {
      what: 'a Radar Session',
      entry: { clientDetails: { radarSession: 'rse_1' } },
      params: { type: 'client_details', client_details: { radar_session: 'rse_1' } },
    },
    {
      what: 'client data with all that it holds',
      entry: {
        clientDetails: { data: { ip: '203.0.113.7', referrer: 'https://a.example', userAgent: 'M/5' } },
      },
      params: {
        type: 'client_details',
        client_details: { data: { ip: '203.0.113.7', referrer: 'https://a.example', user_agent: 'M/5' } },
      },
    },
    {
      what: 'client data, null where the client wrote null, which is not sent',
      entry: { clientDetails: { data: { ip: '203.0.113.7', referrer: null, userAgent: null } } },
      params: { type: 'client_details', client_details: { data: { ip: '203.0.113.7' } } },
    },
    {
      what: 'a customer’s id',
      entry: { customerDetails: { customer: 'cus_1' } },
      params: { type: 'customer_details', customer_details: { customer: 'cus_1' } },
    },
    {
      what: 'customer data with one field of three',
      entry: { customerDetails: { customerData: { email: null, phone: '1234567890' } } },
      params: { type: 'customer_details', customer_details: { customer_data: { phone: '1234567890' } } },
    },
  ])('the translation of an input writes $what', ({ entry, params }) => {
    expect(toStripe(inputOf(entry), current)).toEqual({ event_type: 'login', evaluation_context: [params] });
  });

  it('the translation of an input puts each string of a legal input into exactly its own field, in the client’s order', () => {
    fc.assert(
      fc.property(legalInput, (input) => {
        expect(formFields(encodeForm(toStripe(input, current)))).toEqual(fieldsOf(input));
      }),
    );
  });
});

describe('an input that the reference refuses', () => {
  const at = ['input', 'evaluationContext', '0'];

  it.each<{ what: string; input: CreateCustomerEvaluationInput; paths: string[][] }>([
    { what: 'no entries', input: inputOf(), paths: [['input', 'evaluationContext']] },
    {
      what: 'the event type that stands only in answers',
      input: { eventType: 'UNKNOWN', evaluationContext: [{ customerDetails: { customer: 'c' } }] },
      paths: [['input', 'eventType']],
    },
    {
      what: 'customer data without any field',
      input: inputOf({ customerDetails: { customerData: {} } }),
      paths: [[...at, 'customerDetails', 'customerData']],
    },
    {
      what: 'several faults, each in its place',
      input: inputOf(
        { customerDetails: { customerData: { email: '', name: 'fine', phone: '\0' } } },
        { clientDetails: { data: { ip: '\udc00' } } },
      ),
      paths: [
        [...at, 'customerDetails', 'customerData', 'email'],
        [...at, 'customerDetails', 'customerData', 'phone'],
        ['input', 'evaluationContext', '1', 'clientDetails', 'data', 'ip'],
      ],
    },
  ])('an input that the reference refuses is refused for $what', ({ input, paths }) => {
    const failure = failureOf(() => toStripe(input, current));
    expect(failure).toMatchObject({ code: 'BAD_USER_INPUT', effect: 'NONE', retryable: false });
    expect(failure.problems.map((problem) => problem.path)).toEqual(paths);
  });

  it('the translation of an input counts characters as code points: 5,000 are accepted, whatever their size, and 5,001 are not', () => {
    const named = (name: string) => inputOf({ customerDetails: { customerData: { name } } });
    for (const character of ['a', 'é', '😀']) {
      expect(toStripe(named(character.repeat(5000)), older)).toBeDefined();
      expect(failureOf(() => toStripe(named(character.repeat(5001)), older)).code).toBe('BAD_USER_INPUT');
    }
  });
});

describe('client data with a version of the upstream that does not know it', () => {
  const withData = { clientDetails: { data: { ip: '203.0.113.7' } } };

  it('client data is unsupported by an older version of the upstream, and the error names each field and the needed version', () => {
    const failure = failureOf(() =>
      toStripe(inputOf(withData, { customerDetails: { customer: 'cus_1' } }, withData), older),
    );
    expect(failure).toMatchObject({ code: 'UPSTREAM_UNSUPPORTED', effect: 'NONE' });
    expect(failure.problems.map((problem) => problem.path)).toEqual([
      ['input', 'evaluationContext', '0', 'clientDetails', 'data'],
      ['input', 'evaluationContext', '2', 'clientDetails', 'data'],
    ]);
    expect(failure.message).toContain('June 2026 or later');
  });

  it('client data for an older version of the upstream is refused for invalid fields first, since the client can fix those', () => {
    const faulty = { clientDetails: { data: { ip: '' } } };
    expect(failureOf(() => toStripe(inputOf(faulty), older)).code).toBe('BAD_USER_INPUT');
  });
});

function failureOf(run: () => unknown): UpstreamCallError {
  try {
    run();
  } catch (error) {
    if (error instanceof UpstreamCallError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

// The fields as the API reference names them, written independently of the implementation.
function fieldsOf(input: CreateCustomerEvaluationInput): [string, string][] {
  const fields: [string, string | null | undefined][] = [['event_type', input.eventType.toLowerCase()]];
  for (const [index, { clientDetails, customerDetails }] of input.evaluationContext.entries()) {
    const entry = `evaluation_context[${index}]`;
    const client = `${entry}[client_details]`;
    const customer = `${entry}[customer_details]`;
    fields.push(
      [`${entry}[type]`, clientDetails == null ? 'customer_details' : 'client_details'],
      [`${client}[radar_session]`, clientDetails?.radarSession],
      [`${client}[data][ip]`, clientDetails?.data?.ip],
      [`${client}[data][referrer]`, clientDetails?.data?.referrer],
      [`${client}[data][user_agent]`, clientDetails?.data?.userAgent],
      [`${customer}[customer]`, customerDetails?.customer],
      [`${customer}[customer_data][email]`, customerDetails?.customerData?.email],
      [`${customer}[customer_data][name]`, customerDetails?.customerData?.name],
      [`${customer}[customer_data][phone]`, customerDetails?.customerData?.phone],
    );
  }
  return fields.filter((field): field is [string, string] => field[1] != null);
}
