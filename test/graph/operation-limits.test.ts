import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { processorMsOf, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const field = 'createCustomerEvaluation(input: $input) { idempotencyKey }';
const many = (count: number, each: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => each(index)).join(' ');
const mutation = (selections: string, rest = '') =>
  `mutation ($input: CreateCustomerEvaluationInput!) { ${selections} } ${rest}`;

// Makes the process exit with 1, so that `close()` rejects, if the prototype of all objects was polluted.
const failingIfPolluted = `--import=data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => { if ('polluted' in {}) process.exitCode = 1; });",
)}`;

describe('a document that asks for too much', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;
  /** The CPU time of a hundred valid mutations. */
  let usualMs: number;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    gateway = await startTestGateway(upstreamAt(upstream.url, { STRIPE_API_VERSION: '2026-06-24.preview' }), {
      nodeOptions: [failingIfPolluted],
    });
    const create = () => gateway.send(createEverything, { input: registration() });
    await processorMsOf(gateway, 100, create);
    usualMs = await processorMsOf(gateway, 100, create);
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  const refused: Record<string, string> = {
    '100 aliases of a mutation': mutation(many(100, (i) => `a${i}: ${field}`)),
    '11 aliases of a mutation': mutation(many(11, (i) => `a${i}: ${field}`)),
    '100 aliases in a fragment': mutation(
      '...A',
      `fragment A on Mutation { ${many(100, (i) => `a${i}: ${field}`)} }`,
    ),
    '12 aliases in three fragments': mutation(
      '...A ...B ...C',
      many(3, (f) => `fragment ${'ABC'[f]} on Mutation { ${many(4, (i) => `f${f}a${i}: ${field}`)} }`),
    ),
    'aliases that are skipped': mutation(many(11, (i) => `a${i}: ${field} @include(if: false)`)),
    'aliases in a skipped fragment': mutation(
      `... @skip(if: true) { ${many(11, (i) => `a${i}: ${field}`)} }`,
    ),
    '10,000 levels': `{ ${'a { '.repeat(10_000)} a ${'} '.repeat(10_000)}`,
    'fragments that use each other': '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    'a fragment that uses itself': '{ ...A } fragment A on Query { ...A }',
    'fragments that double 40 times': `{ ...F0 } ${many(40, (i) => `fragment F${i} on Query { ...F${i + 1} x${i}: __typename ...F${i + 1} }`)} fragment F40 on Query { __typename }`,
    'a fragment named __schema':
      '{ ...__schema } fragment __schema on Query { __schema { types { name } } ...__schema }',
    '10,000 directives': `{ __typename ${'@skip(if: false) '.repeat(10_000)} }`,
    '30 fields with a directive each': `{ customerEvaluation(id: 1) { ${many(30, (i) => `a${i}: id @skip(if: false)`)} } }`,
    '21 directives': `{ customerEvaluation(id: 1) { ${'id @skip(if: false) '.repeat(21)} } }`,
    '10,000 arguments': `{ customerEvaluation(${many(10_000, (i) => `a${i}: 1`)}) { id } }`,
    '10,000 tokens': `{ ${'__typename '.repeat(10_000)} }`,
    '1,001 tokens': `{ ${'__typename '.repeat(999)} }`,
    'a block string of 30 kB': `{ customerEvaluation(id: """${'\\n x'.repeat(10_000)}""") { id } }`,
    'a comment of 30 kB': `# ${'x'.repeat(30_000)}\n{ __typename }`,
  };

  it.each(Object.keys(refused))(
    'a document that asks for too much is refused whole, with little work, and nothing reaches Stripe: %s',
    async (name) => {
      const query = refused[name] ?? '';
      const workMs = await processorMsOf(gateway, 20, async () => {
        const result = await gateway.send(query, { input: registration() });
        expect(result.status).toBeGreaterThanOrEqual(400);
        expect(result.status).toBeLessThan(500);
        expect(result.data).toBeUndefined();
      });
      expect(upstream.requests).toHaveLength(0);
      expect(workMs).toBeLessThan(2 * usualMs);
    },
  );

  it.each([
    [
      'rootFields',
      mutation(many(11, (i) => `a${i}: ${field}`)),
      'The operation has 11 root fields; this gateway allows at most 10. Send several smaller operations.',
    ],
    [
      'aliases',
      `{ customerEvaluation(id: 1) { ${many(21, (i) => `a${i}: id`)} } }`,
      'The operation has 21 aliases; this gateway allows at most 20. Send several smaller operations.',
    ],
    [
      'tokens',
      `{ ${'__typename '.repeat(999)} }`,
      'Syntax Error: this gateway allows at most 1000 tokens in a document.',
    ],
  ])('the refusal of a document says what is too much: %s', async (_, query, message) => {
    const result = await gateway.send(query, { input: registration() });
    expect(result.errors?.[0]?.message).toEqual(message);
    expect(result.errors?.[0]?.extensions['code']).toMatch(/^GRAPHQL_(VALIDATION|PARSE)_FAILED$/);
  });

  it.each([
    [
      'MAX_ROOT_FIELDS',
      '2',
      '{ a: __typename b: __typename }',
      '{ a: __typename b: __typename c: __typename }',
    ],
    ['MAX_ALIASES', '1', '{ a: __typename }', '{ a: __typename b: __typename }'],
    ['MAX_DEPTH', '1', '{ __typename }', '{ customerEvaluation(id: 1) { id } }'],
    [
      'MAX_DEPTH',
      '2',
      '{ customerEvaluation(id: 1) { id } }',
      '{ ... { customerEvaluation(id: 1) { ...A } } } fragment A on CustomerEvaluation { customer { id } }',
    ],
    [
      'MAX_DIRECTIVES',
      '1',
      '{ __typename @skip(if: false) }',
      '{ ...A @skip(if: true) } fragment A on Query { a: __typename @skip(if: false) }',
    ],
    ['MAX_COST', '1', '{ __typename }', '{ a: __typename b: __typename }'],
  ])('the gateway enforces %s=%s', async (name, limit, taken, refusedOne) => {
    const own = await startTestGateway({ [name]: limit, STRIPE_API_VERSION: '2026-06-24.preview' });
    const statuses = [await own.send(taken), await own.send(refusedOne)].map(({ status }) => status);
    await own.close();
    expect(statuses).toEqual([200, 400]);
  });

  it('the gateway accepts operations exactly at the limits', async () => {
    const result = await gateway.send(mutation(many(10, (i) => `a${i}: ${field}`)), {
      input: registration(),
    });
    expect(result.status).toBe(200);
    expect(upstream.requests).toHaveLength(10);
  });

  it('the gateway accepts the largest shipped operation, and the introspection of tools', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    expect((await gateway.send(createEverything, { input: registration() })).errors).toBeUndefined();
    expect((await gateway.send(getIntrospectionQuery())).errors).toBeUndefined();
  });

  it('the gateway allows at most 100 entities in one request', async () => {
    const query = 'query ($list: [_Any!]!) { _entities(representations: $list) { __typename } }';
    const list = Array.from({ length: 101 }, (_, id) => ({
      __typename: 'CustomerEvaluation',
      id: `ceval_${id}`,
    }));
    const result = await gateway.send(query, { list });
    expect(result.status).toBe(400);
    expect(result.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', effect: 'NONE' });
    expect(upstream.requests).toHaveLength(0);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString'])(
    'a document does no harm with the name %s, wherever it is',
    async (name) => {
      const body = JSON.stringify({ query: '{ __typename }' }).slice(0, -1);
      const documents = [
        `query ${name} { ${name}: __typename }`,
        `query ($${name}: String) { __typename @skip(if: false) }`,
        `{ ...${name} } fragment ${name} on Query { __typename }`,
        `{ ${name} }`,
        `mutation { createCustomerEvaluation(input: { ${name}: 1 }) { idempotencyKey } }`,
      ];
      for (const query of documents) {
        const result = await gateway.send(query, { [name]: 1, input: { [name]: { [name]: 1 } } });
        expect([200, 400]).toContain(result.status);
      }
      for (const part of ['variables', 'extensions']) {
        const response = await fetch(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: `${body},"${part}":{"${name}":{"${name}":{"polluted":1}}},"operationName":null}`,
        });
        expect([200, 400]).toContain(response.status);
      }
      expect(upstream.requests).toHaveLength(0);
      expect((await gateway.flushed()).join('\n')).not.toContain('unhandled error');
    },
  );

  it('a parser accepts every document that the gateway refuses, except for cycles and size', () => {
    for (const name of ['100 aliases in a fragment', 'aliases in a skipped fragment', '21 directives']) {
      expect(() => parse(refused[name] ?? '')).not.toThrow();
    }
  });
});
