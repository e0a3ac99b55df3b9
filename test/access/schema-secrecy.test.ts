import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildASTSchema, parse, visit } from 'graphql';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const sdl = parse(readFileSync('schema/customer-evaluations.graphql', 'utf8'));
/**
 * Every name in the schema, except for names of the GraphQL specification, plain English words and the documented code.
 */
const plainWords = [
  'name',
  'type',
  'code',
  'path',
  'data',
  'input',
  'message',
  'errors',
  'fields',
  'status',
  'id',
  'key',
  'ip',
];
const secret = new Set<string>();
visit(sdl, { Name: ({ value }) => void secret.add(value) });
for (const word of [
  ...plainWords,
  'String',
  'Query',
  'Mutation',
  'query',
  'mutation',
  'BAD_USER_INPUT',
  'Int',
  'Float',
  'Boolean',
  'ID',
]) {
  secret.delete(word);
}

function conflictOf(alias: string): string {
  return `{
    _entities(representations: []) { ... on CustomerEvaluation { ${alias}: signals { __typename } } }
    _entities(representations: []) { ... on StripeCustomer { ${alias}: id } }
  }`;
}

describe('a gateway that does not show its schema', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ NODE_ENV: 'production', AUTH_MODE: 'none', UPSTREAM: 'sandbox' });
  });
  afterAll(() => gateway.close());

  async function leaked(query: string, variables?: object): Promise<string[]> {
    const result = await gateway.send(query, variables);
    expect(result.status).toBe(400);
    const asked = new Set(`${query} ${JSON.stringify(variables ?? {})}`.match(/\w+/g));
    // Every refusal has these members, also those of requests that GraphQL never sees.
    const text = result.text.replaceAll('"retryable":false,"effect":"NONE",', '');
    return (text.match(/\w+/g) ?? []).filter((word) => secret.has(word) && !asked.has(word));
  }

  it('a gateway with a hidden schema answers neither introspection nor _service', async () => {
    expect(secret.size).toBeGreaterThan(60);
    for (const query of [
      '{ __schema { types { name } } }',
      '{ __type(name: "CustomerEvaluation") { fields { name } } }',
      '{ ...A } fragment A on Query { __schema { queryType { name } } }',
      '{ _service { sdl } }',
      '{ x: _service { sdl } }',
      '{ ... { ...A } } fragment A on Query { _service { sdl } }',
    ]) {
      expect(await leaked(query)).toEqual([]);
    }
  });

  it('a gateway with a hidden schema says that introspection is off, and where the schema is', async () => {
    const { errors } = await gateway.send('{ __schema { types { name } } }');
    expect(errors).toMatchObject([
      {
        message:
          'Introspection is off. Read the schema from schema/api.graphql, or start the gateway with INTROSPECTION=on.',
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ]);
  });

  const documents = [
    '{ customerEvaluatio(id: 1) { id } }',
    '{ customerEvaluation { id } }',
    '{ customerEvaluation(ix: 1) { id } }',
    '{ customerEvaluation(id: {}) { id } }',
    '{ customerEvaluation(id: 1) }',
    '{ customerEvaluation(id: 1) { id { x } } }',
    '{ customerEvaluation(id: 1) { signals { score } } }',
    '{ customerEvaluation(id: 1) { signals { ... on LoginSignal { x } } } }',
    '{ customerEvaluation(id: 1) { signals { ... on StripeCustomer { id } } } }',
    '{ customerEvaluation(id: 1) @oneO { id } }',
    '{ customerEvaluation(id: 1) { eventTyp statu createdA livemod signal event } }',
    '{ _entitie(representations: []) { __typename } }',
    'mutation { createCustomerEvaluation { idempotencyKey } }',
    'mutation { createCustomerEvaluation(input: {}) { idempotencyKey } }',
    'mutation { createCustomerEvaluation(input: 1) { idempotencyKey } }',
    'mutation { createCustomerEvaluation(input: {eventTyp: LOGIN}) { idempotencyKey } }',
    'mutation { createCustomerEvaluation(input: {eventType: LOGI, evaluationContext: []}) { idempotencyKey } }',
    'mutation { createCustomerEvaluation(input: {eventType: LOGIN, evaluationContext: [{}]}) { idempotencyKey } }',
    'mutation { createCustomerEvaluation(input: {eventType: LOGIN, evaluationContext: [{clientDetail: 1}]}) { idempotencyKey } }',
    'mutation { createCustomerEvaluation(input: {eventType: LOGIN, evaluationContext: [{clientDetails: {data: {}}}]}) { idempotencyKey } }',
    'mutation ($i: CreateCustomerEvaluationInpu!) { createCustomerEvaluation(input: $i) { idempotencyKey } }',
    'mutation ($i: String) { createCustomerEvaluation(input: $i) { idempotencyKey } }',
    'fragment A on CustomerEvaluatio { id }',
    // Its message is cut within the name of a type, which then has no closing quotation mark.
    conflictOf('a'.repeat(932)),
    ...Array.from({ length: 12 }, (_, more) => conflictOf('a'.repeat(926 + more))),
  ];
  it.each(documents)('a gateway with a hidden schema names nothing that was not in %s', async (query) => {
    expect(await leaked(query)).toEqual([]);
  });

  it.each([
    {},
    { eventType: 'LOGI' },
    { eventType: 5, evaluationContext: 5 },
    { eventType: 'LOGIN' },
    { eventType: 'LOGIN', evaluationContext: [{}] },
    { eventType: 'LOGIN', evaluationContext: [{ clientDetail: {} }] },
    { eventType: 'LOGIN', evaluationContext: [{ clientDetails: { data: {} } }] },
    { eventType: 'LOGIN', evaluationContext: [{ clientDetails: { data: { ip: 5 } } }] },
    { eventTyp: 'LOGIN' },
    5,
    null,
  ])('a gateway with a hidden schema names nothing that was not in the variables %j', async (input) => {
    const query =
      'mutation ($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) { idempotencyKey } }';
    expect(await leaked(query, { input })).toEqual([]);
  });

  it('a gateway with a hidden schema reveals nothing to a dictionary attack', async () => {
    const words = [
      'customer',
      'evaluation',
      'signal',
      'score',
      'risk',
      'event',
      'login',
      'report',
      'user',
      'email',
    ];
    for (const word of words) {
      for (const query of [
        `{ ${word} }`,
        `mutation { ${word} }`,
        `{ a: __typename @${word} }`,
        `{ ... on ${word} { x } }`,
      ]) {
        expect(await leaked(query)).toEqual([]);
      }
    }
  });

  it('a gateway with a hidden schema still reports where in the document an error is, and its kind', async () => {
    const result = await gateway.send('{ customerEvaluatio(id: 1) { id } }');
    expect(result.errors?.[0]).toMatchObject({
      message: 'Cannot query field "customerEvaluatio" on type "…".',
      locations: [{ line: 1, column: 3 }],
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  });

  it('a gateway with a hidden schema still reports where in the variables an error is, including list indices', async () => {
    const query =
      'mutation ($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) { idempotencyKey } }';
    const input = { eventType: 'LOGIN', evaluationContext: [{ clientDetails: null }] };
    const result = await gateway.send(query, { input });
    expect(result.errors?.[0]?.extensions['path']).toEqual([
      'input',
      'evaluationContext',
      '0',
      'clientDetails',
    ]);
  });

  it('the tests of a hidden schema look for all names of the schema', () => {
    expect(() => buildASTSchema(sdl, { assumeValidSDL: true })).not.toThrow();
  });
});
