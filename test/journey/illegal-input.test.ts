import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { formFields } from '../harness/forms.ts';
import { type GraphQLAnswer, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const canary = 'canary@example.com';

let upstream: RecordingUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  upstream.answer(200, registrationAnswer);
  gateway = await startTestGateway(upstreamAt(upstream.url));
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(async () => {
  upstream.requests.length = 0;
  (await gateway.flushed()).length = 0;
});

/** The errors of a response, at whatever level. Fails if anything was sent upstream or a value was repeated. */
async function refusal(answer: GraphQLAnswer): Promise<{ code: unknown; path: unknown }[]> {
  expect(upstream.requests).toEqual([]);
  expect(answer.text).not.toContain('canary');
  const log = (await gateway.flushed()).join('');
  expect(log).toContain('"msg":"operation"');
  expect(log).not.toContain('canary');
  if (answer.errors !== undefined) {
    return answer.errors.map(({ extensions: { code, path } }) => ({ code, path }));
  }
  const { customerEvaluation, errors } = answer.data.createCustomerEvaluation;
  expect(customerEvaluation).toBeNull();
  return errors.map((error) => {
    expect(error).toMatchObject({ retryable: false, effect: 'NONE' });
    return { code: error.code, path: error.path };
  });
}

const client = (details: unknown) => registration({ evaluationContext: [{ clientDetails: details }] });
const customer = (details: unknown) => registration({ evaluationContext: [{ customerDetails: details }] });
const customerData = (data: unknown) => customer({ customerData: data });
const at = (...rest: string[]) => ['input', 'evaluationContext', '0', ...rest];

describe('an input that the schema refuses, sent as a variable', () => {
  const radarSession = canary;

  it.each<[what: string, input: unknown, message: string]>([
    [
      'the values of an enum, without UNKNOWN',
      registration({ eventType: 'login' }),
      'input.eventType: is not a value of type "CustomerEvaluationEventType". Use LOGIN or REGISTRATION.',
    ],
    [
      'the values of an enum for what is no text',
      registration({ eventType: 5 }),
      'input.eventType: is not a value of type "CustomerEvaluationEventType". Use LOGIN or REGISTRATION.',
    ],
    [
      'the keys of a @oneOf input',
      registration({ evaluationContext: [{}] }),
      'input.evaluationContext.0: Exactly one key must be specified for OneOf type "EvaluationContextInput". Use clientDetails or customerDetails.',
    ],
    [
      'nothing for a scalar',
      customer({ customer: {} }),
      'input.evaluationContext.0.customerDetails.customer: is not a value of type "ID".',
    ],
  ])('an input that the schema refuses as a variable is told %s', async (_, input, message) => {
    const { errors } = await gateway.send(createEverything, { input });
    expect(errors).toMatchObject([{ message }]);
  });

  it('an input that the schema refuses as a literal is told the values and the keys', async () => {
    const { errors } = await gateway.send(
      'mutation { createCustomerEvaluation(input: {eventType: login, evaluationContext: [{}]}) { idempotencyKey } }',
    );
    expect(errors?.map(({ message }) => message)).toEqual([
      'A literal is not a value of type "CustomerEvaluationEventType". Use LOGIN or REGISTRATION.',
      'OneOf Input Object "EvaluationContextInput" must specify exactly one key. Use clientDetails or customerDetails.',
    ]);
  });

  it.each<{ what: string; input: unknown; path: string[] }>([
    { what: 'an entry without any key', input: registration({ evaluationContext: [{}] }), path: at() },
    {
      what: 'an entry with two keys',
      input: registration({
        evaluationContext: [{ clientDetails: { radarSession }, customerDetails: { customer: canary } }],
      }),
      path: at(),
    },
    { what: 'an entry with an explicit null', input: client(null), path: at('clientDetails') },
    {
      what: 'an entry with a key and a null beside it',
      input: registration({
        evaluationContext: [{ clientDetails: { radarSession }, customerDetails: null }],
      }),
      path: at(),
    },
    { what: 'client details without any key', input: client({}), path: at('clientDetails') },
    {
      what: 'client details with two keys',
      input: client({ radarSession, data: { ip: canary } }),
      path: at('clientDetails'),
    },
    {
      what: 'client details with an explicit null',
      input: client({ radarSession: null }),
      path: at('clientDetails', 'radarSession'),
    },
    { what: 'customer details without any key', input: customer({}), path: at('customerDetails') },
    {
      what: 'customer details with two keys',
      input: customer({ customer: canary, customerData: { email: canary } }),
      path: at('customerDetails'),
    },
    {
      what: 'customer details with an explicit null',
      input: customer({ customerData: null }),
      path: at('customerDetails', 'customerData'),
    },
    { what: 'no event type', input: { evaluationContext: [] }, path: ['input'] },
    { what: 'no context', input: { eventType: 'LOGIN' }, path: ['input'] },
    {
      what: 'client data without an address',
      input: client({ data: {} }),
      path: at('clientDetails', 'data'),
    },
    {
      what: 'an event type that does not exist',
      input: registration({ eventType: canary }),
      path: ['input', 'eventType'],
    },
    {
      what: 'an event type that is a number',
      input: registration({ eventType: 1 }),
      path: ['input', 'eventType'],
    },
    { what: 'an unknown field', input: registration({ email: canary }), path: ['input', 'email'] },
    {
      what: 'an unknown field whose name is what somebody typed',
      input: registration({ [canary]: 1 }),
      path: ['input'],
    },
    {
      what: 'a list for a string',
      input: customerData({ email: [canary] }),
      path: at('customerDetails', 'customerData', 'email'),
    },
    {
      what: 'a hash for a string',
      input: customerData({ name: { first: canary } }),
      path: at('customerDetails', 'customerData', 'name'),
    },
    {
      what: 'a number for a string',
      input: customerData({ phone: 1234567890 }),
      path: at('customerDetails', 'customerData', 'phone'),
    },
    { what: 'a string for a hash', input: customer(canary), path: at('customerDetails') },
    { what: 'a string for an input', input: canary, path: ['input'] },
    { what: 'a string for an entry', input: registration({ evaluationContext: [canary] }), path: at() },
    { what: 'a null for an entry', input: registration({ evaluationContext: [null] }), path: at() },
    {
      what: 'a number for an idempotency key',
      input: registration({ idempotencyKey: 1 }),
      path: ['input', 'idempotencyKey'],
    },
  ])(
    'an input that the schema refuses, sent as a variable, is refused for $what',
    async ({ input, path }) => {
      const answer = await gateway.send(createEverything, { input });
      const refusals = await refusal(answer);
      expect(refusals.length).toBeGreaterThan(0);
      for (const { code } of refusals) expect(code).toBe('BAD_USER_INPUT');
      expect(refusals.map((each) => each.path)).toContainEqual(path);
    },
  );

  it.each([
    { what: 'is null', variables: { input: null } },
    { what: 'is absent', variables: {} },
  ])(
    'an input that the schema refuses, sent as a variable, is refused when it $what',
    async ({ variables }) => {
      expect(await refusal(await gateway.send(createEverything, variables))).toMatchObject([
        { code: 'BAD_USER_INPUT' },
      ]);
    },
  );

  it('the refusal of an input names each of many problems', async () => {
    const answer = await gateway.send(createEverything, {
      input: { eventType: canary, evaluationContext: [{ clientDetails: { radarSession: [canary] } }, {}] },
    });
    expect((await refusal(answer)).map(({ path }) => path)).toEqual([
      ['input', 'eventType'],
      at('clientDetails', 'radarSession'),
      ['input', 'evaluationContext', '1'],
    ]);
  });
});

describe('an input that the schema permits and the reference refuses', () => {
  it.each<{ what: string; input: unknown; path: string[] }>([
    {
      what: 'no entries',
      input: registration({ evaluationContext: [] }),
      path: ['input', 'evaluationContext'],
    },
    {
      what: 'an event type that stands only in answers',
      input: registration({ eventType: 'UNKNOWN' }),
      path: ['input', 'eventType'],
    },
    {
      what: 'customer data without any field',
      input: customerData({}),
      path: at('customerDetails', 'customerData'),
    },
    {
      what: 'customer data of nulls',
      input: customerData({ email: null, name: null, phone: null }),
      path: at('customerDetails', 'customerData'),
    },
    ...['', 'k'.repeat(256), `${canary}\n`, `clé ${canary}`, '\ud800'].map((idempotencyKey) => ({
      what: `the idempotency key ${JSON.stringify(idempotencyKey.slice(0, 20))}`,
      input: registration({ idempotencyKey }),
      path: ['input', 'idempotencyKey'],
    })),
  ])(
    'an input that the schema permits and the reference refuses is refused for $what',
    async ({ input, path }) => {
      const answer = await gateway.send(createEverything, { input });
      expect(await refusal(answer)).toEqual([{ code: 'BAD_USER_INPUT', path }]);
    },
  );
});

const strings = [
  {
    field: 'radarSession',
    holding: (text: string) => client({ radarSession: text }),
    path: ['clientDetails', 'radarSession'],
  },
  {
    field: 'ip',
    holding: (text: string) => client({ data: { ip: text } }),
    path: ['clientDetails', 'data', 'ip'],
  },
  ...['referrer', 'userAgent'].map((field) => ({
    field,
    holding: (text: string) => client({ data: { ip: '203.0.113.7', [field]: text } }),
    path: ['clientDetails', 'data', field],
  })),
  {
    field: 'customer',
    holding: (text: string) => customer({ customer: text }),
    path: ['customerDetails', 'customer'],
  },
  ...['email', 'name', 'phone'].map((field) => ({
    field,
    holding: (text: string) => customerData({ [field]: text }),
    path: ['customerDetails', 'customerData', field],
  })),
];

describe.each(strings)('the string $field', ({ holding, path }) => {
  it.each([
    { what: 'empty', text: '' },
    { what: 'of 5,001 characters', text: canary.padEnd(5001, '😀') },
    { what: 'holding a NUL', text: `${canary}\0` },
    { what: 'holding the first half of a surrogate pair', text: `${canary}\ud800` },
    { what: 'holding the second half of a surrogate pair', text: `\udfff${canary}` },
  ])('a string of the input is refused when $what', async ({ text }) => {
    // JSON escapes characters that have no UTF-8 form (\ud800), and some clients send them.
    const answer = await gateway.send(createEverything, {
      input: holding([...text].slice(0, 5001).join('')),
    });
    expect(await refusal(answer)).toEqual([{ code: 'BAD_USER_INPUT', path: at(...path) }]);
  });
});

describe('the longest string', () => {
  it('the longest string is 5,000 characters, counted as a person would, and arrives whole', async () => {
    const text = '😀'.repeat(5000);
    const answer = await gateway.send(createEverything, { input: customerData({ name: text }) });
    expect(answer.data.createCustomerEvaluation.errors).toEqual([]);
    expect(formFields(upstream.requests[0]?.body ?? '').at(-1)).toEqual([
      'evaluation_context[0][customer_details][customer_data][name]',
      text,
    ]);
  });
});
