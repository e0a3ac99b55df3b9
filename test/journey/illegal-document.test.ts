import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const canary = 'canary@example.com';
const session = `clientDetails: { radarSession: "${canary}" }`;

const operation = (input: string, definitions = '') =>
  `mutation M${definitions} { createCustomerEvaluation(input: ${input}) { errors { code path } } }`;
const entry = (fields: string, definitions = '') =>
  operation(`{ eventType: LOGIN, evaluationContext: [{ ${fields} }] }`, definitions);

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

async function codesOf(query: string, variables?: object): Promise<unknown[]> {
  const refusals = await refusalsOf(query, variables);
  return [...new Set(refusals.map(({ code }) => code))];
}

async function refusalsOf(query: string, variables?: object): Promise<{ code: unknown; path: unknown }[]> {
  const answer = await gateway.send(query, variables);
  expect(upstream.requests).toEqual([]);
  expect(answer.text).not.toContain('canary');
  expect((await gateway.flushed()).join('')).not.toContain('canary');
  expect(answer.errors?.length).toBeGreaterThan(0);
  return answer.errors?.map(({ extensions: { code, path } }) => ({ code, path })) ?? [];
}

describe('an illegal input written into the document', () => {
  it.each([
    { what: 'an entry without any key', query: entry('') },
    {
      what: 'an entry with two keys',
      query: entry(`${session}, customerDetails: { customer: "${canary}" }`),
    },
    { what: 'an entry with an explicit null', query: entry('clientDetails: null') },
    { what: 'an entry with a null beside its key', query: entry(`${session}, customerDetails: null`) },
    { what: 'client details without any key', query: entry('clientDetails: {}') },
    {
      what: 'client details with two keys',
      query: entry(`clientDetails: { radarSession: "${canary}", data: { ip: "${canary}" } }`),
    },
    { what: 'client details with an explicit null', query: entry('clientDetails: { data: null }') },
    { what: 'customer details without any key', query: entry('customerDetails: {}') },
    {
      what: 'customer details with two keys',
      query: entry(`customerDetails: { customer: "${canary}", customerData: { email: "${canary}" } }`),
    },
    { what: 'customer details with an explicit null', query: entry('customerDetails: { customer: null }') },
    { what: 'no event type', query: operation(`{ evaluationContext: [{ ${session} }] }`) },
    { what: 'no context', query: operation('{ eventType: LOGIN }') },
    {
      what: 'an event type that does not exist',
      query: operation(`{ eventType: canary, evaluationContext: [{ ${session} }] }`),
    },
    {
      what: 'an event type in quotes',
      query: operation(`{ eventType: "${canary}", evaluationContext: [{ ${session} }] }`),
    },
    { what: 'an unknown field', query: entry(`${session}, shoeSize: "${canary}"`) },
    { what: 'a list for a string', query: entry(`clientDetails: { radarSession: ["${canary}"] }`) },
    { what: 'a string for a hash', query: entry(`clientDetails: "${canary}"`) },
    { what: 'a string for an input', query: operation(`"${canary}"`) },
    { what: 'a null for an input', query: operation('null') },
    { what: 'no input', query: 'mutation { createCustomerEvaluation { idempotencyKey } }' },
  ])('an illegal input written into the document is refused at validation for $what', async ({ query }) => {
    expect(await codesOf(query)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  it.each([
    { what: 'does not end', query: `mutation { createCustomerEvaluation(input: "${canary}` },
    { what: 'holds a stray string', query: `mutation { "${canary}" }` },
    {
      what: 'escapes half of a surrogate pair',
      query: entry(`customerDetails: { customer: "${canary}\\ud800" }`),
    },
  ])(
    'an illegal input written into the document is refused by the parser where the document $what',
    async ({ query }) => {
      expect(await codesOf(query)).toEqual(['GRAPHQL_PARSE_FAILED']);
    },
  );

  it('an illegal input written into the document is refused before the parser where the document holds half of a surrogate pair', async () => {
    expect(await codesOf(entry(`customerDetails: { customer: "${canary}\ud800" }`))).toEqual(['BAD_REQUEST']);
  });
});

describe('a name of an operation that the document does not hold', () => {
  it('an operation name that is not in the document is refused without being quoted', async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: entry(session), operationName: canary }),
    });
    const text = await response.text();
    expect(JSON.parse(text).errors).toMatchObject([{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }]);
    expect(upstream.requests).toEqual([]);
    for (const told of [text, ...(await gateway.flushed())]) expect(told).not.toContain('canary');
  });
});

describe('a variable within a one-of input', () => {
  const nullable = [
    { of: 'client details', query: entry('clientDetails: { radarSession: $v }', '($v: ID)'), value: canary },
    {
      of: 'client details, with a default',
      query: entry('clientDetails: { radarSession: $v }', `($v: ID = "${canary}")`),
      value: canary,
    },
    { of: 'customer details', query: entry('customerDetails: { customer: $v }', '($v: ID)'), value: canary },
    {
      of: 'customer details, as a hash',
      query: entry('customerDetails: { customerData: $v }', '($v: EvaluationCustomerDataInput)'),
      value: { email: canary },
    },
  ];

  it.each(
    nullable.flatMap((each) => [
      { ...each, given: 'given', variables: { v: each.value } },
      { ...each, given: 'null', variables: { v: null } },
      { ...each, given: 'absent', variables: {} },
    ]),
  )(
    'a variable within a one-of input that may be null is refused at validation: of $of, $given',
    async ({ query, variables }) => {
      expect(await codesOf(query, variables)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    },
  );

  it.each([
    { given: 'null', variables: { v: null } },
    { given: 'absent', variables: {} },
    { given: 'of another type', variables: { v: [canary] } },
  ])(
    'a variable within a one-of input that may not be null is refused as a variable: $given',
    async ({ variables }) => {
      expect(await codesOf(entry('clientDetails: { radarSession: $v }', '($v: ID!)'), variables)).toEqual([
        'BAD_USER_INPUT',
      ]);
    },
  );

  it('a variable within a one-of input beside another key is refused at validation, whether it is given or not', async () => {
    const query = entry(
      `clientDetails: { radarSession: "${canary}", data: $v }`,
      '($v: EvaluationClientDataInput!)',
    );
    expect(await codesOf(query, { v: { ip: canary } })).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(await codesOf(query, {})).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });
});

describe('a null that only a run shows, since its variable fits by type', () => {
  const aDefault = `{ ${session} }`;
  const context = ['input', 'evaluationContext'];

  it.each([
    {
      place: 'the input',
      query: operation(
        '$v',
        `($v: CreateCustomerEvaluationInput = { eventType: LOGIN, evaluationContext: [${aDefault}] })`,
      ),
      path: ['input'],
    },
    {
      place: 'the list of entries',
      query: operation(
        '{ eventType: LOGIN, evaluationContext: $v }',
        `($v: [EvaluationContextInput!] = [${aDefault}])`,
      ),
      path: context,
    },
    {
      place: 'an entry',
      query: operation(
        `{ eventType: LOGIN, evaluationContext: [$other, $v] }`,
        `($v: EvaluationContextInput = ${aDefault}, $other: EvaluationContextInput! = ${aDefault})`,
      ),
      path: [...context, '1'],
    },
    {
      place: 'the event type',
      query: operation(
        `{ eventType: $v, evaluationContext: [${aDefault}] }`,
        '($v: CustomerEvaluationEventType = LOGIN)',
      ),
      path: ['input', 'eventType'],
    },
    {
      place: 'an address',
      query: entry('clientDetails: { data: { ip: $v } }', `($v: String = "${canary}")`),
      path: [...context, '0', 'clientDetails', 'data', 'ip'],
    },
    {
      place: 'an entry’s one field',
      query: entry('clientDetails: $v', '($v: EvaluationClientDetailsInput)'),
      path: [...context, '0', 'clientDetails'],
    },
  ])(
    'a null that only execution finds, since its variable has a valid type, is bad input in place of $place',
    async ({ query, path }) => {
      expect(await refusalsOf(query, { v: null })).toEqual([{ code: 'BAD_USER_INPUT', path }]);
    },
  );

  it('a null that only execution finds is bad input also if the variable of an entry’s only field is left out', async () => {
    const query = entry('clientDetails: $v', '($v: EvaluationClientDetailsInput)');
    expect(await refusalsOf(query, {})).toEqual([{ code: 'BAD_USER_INPUT', path: [...context, '0'] }]);
  });
});
