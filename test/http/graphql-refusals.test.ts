import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';

interface Refusal {
  readonly status: number;
  readonly requestId: string | null;
  readonly errors: { message: string; extensions: Record<string, unknown> }[];
}

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

async function refusalOf(request: Promise<Response>): Promise<Refusal> {
  const response = await request;
  const { errors } = (await response.json()) as Refusal;
  return { status: response.status, requestId: response.headers.get('x-request-id'), errors };
}
const post = (body: unknown, headers: Record<string, string> = {}) =>
  refusalOf(
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  );
const get = (search: string, headers: Record<string, string> = {}) =>
  refusalOf(fetch(`${gateway.url}/graphql?${search}`, { headers }));

const query = '{__typename}';
const ofPage = { 'apollo-require-preflight': 'true' };
const persistedQuery = { version: 1, sha256Hash: 'a'.repeat(64) };

describe('a refusal by GraphQL or Apollo Server', () => {
  it.each<[string, string, number, () => Promise<Refusal>]>([
    ['a batch', 'BAD_REQUEST', 400, () => post([{ query }])],
    ['no query', 'BAD_REQUEST', 400, () => post({ variables: {} })],
    ['an empty object', 'BAD_REQUEST', 400, () => post({})],
    ['variables as a string', 'BAD_REQUEST', 400, () => post({ query, variables: '{}' })],
    ['a GET that any page could send', 'BAD_REQUEST', 400, () => get(`query=${query}`)],
    ['a parameter that comes twice', 'BAD_REQUEST', 400, () => get('query=a&query=b', ofPage)],
    [
      'a mutation by GET',
      'BAD_REQUEST',
      405,
      () =>
        get(
          `query=${encodeURIComponent('mutation { createCustomerEvaluation(input: {eventType: LOGIN, evaluationContext: []}) { idempotencyKey } }')}`,
          ofPage,
        ),
    ],
    ['a media type that it cannot send', 'BAD_REQUEST', 406, () => post({ query }, { accept: 'text/html' })],
    [
      'a persisted query',
      'PERSISTED_QUERY_NOT_SUPPORTED',
      200,
      () => post({ extensions: { persistedQuery } }),
    ],
    ['a document that does not parse', 'GRAPHQL_PARSE_FAILED', 400, () => post({ query: '{' })],
    ['a document that is not valid', 'GRAPHQL_VALIDATION_FAILED', 400, () => post({ query: '{ nothing }' })],
    [
      'several operations',
      'OPERATION_RESOLUTION_FAILURE',
      400,
      () => post({ query: 'query A {__typename} query B {__typename}' }),
    ],
    [
      'an invalid variable',
      'BAD_USER_INPUT',
      400,
      () => post({ query: createEverything, variables: { input: 1 } }),
    ],
    [
      'a null in place of a default',
      'BAD_USER_INPUT',
      200,
      () =>
        post({
          query: 'query ($i: String = "Query") { __type(name: $i) { name } }',
          variables: { i: null },
        }),
    ],
    [
      'too many objects',
      'BAD_USER_INPUT',
      400,
      () =>
        post({
          query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
          variables: { r: Array.from({ length: 101 }, () => ({})) },
        }),
    ],
  ])(
    'a refusal by GraphQL or Apollo Server says whether to retry, what happened, and which request it was: %s',
    async (_, code, status, request) => {
      const refusal = await request();
      expect(refusal.status).toBe(status);
      expect(refusal.requestId).toMatch(/^[\w-]{36}$/);
      const { requestId } = refusal;
      for (const { extensions } of refusal.errors) {
        expect(extensions).toMatchObject({ code, retryable: false, effect: 'NONE', requestId });
      }
      expect(refusal.errors).toHaveLength(1);
    },
  );

  it.each<[string, RegExp, () => Promise<Refusal>]>([
    ['a batch', /one operation per request/, () => post([{ query }])],
    ['no query', /send its text as "query"/, () => post({ variables: {} })],
    ['an empty object', /send \{"query": "…", "variables": \{\}\}/, () => post({})],
    [
      'a GET that any page could send',
      /send the header apollo-require-preflight: true\.$/,
      () => get(`query=${query}`),
    ],
    [
      'a media type that it cannot send',
      /^The Accept header allows /,
      () => post({ query }, { accept: 'text/html' }),
    ],
  ])('a refusal by GraphQL or Apollo Server tells the caller what to do: %s', async (_, message, request) => {
    expect((await request()).errors).toMatchObject([{ message: expect.stringMatching(message) }]);
  });

  it('a refusal by the gateway of an Accept header without JSON says that nothing happened only if no mutation was run', async () => {
    const upstream = await startRecordingUpstream();
    const inFront = await startTestGateway(upstreamAt(upstream.url));
    const body = { query: createEverything, variables: { input: registration() } };
    const refusal = async (accept: string) =>
      refusalOf(
        fetch(`${inFront.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept },
          body: JSON.stringify(body),
        }),
      );
    for (const accept of ['text/html', 'application/json;q=0', 'json', 'x'.repeat(300)]) {
      const { status, requestId, errors } = await refusal(accept);
      expect(status).toBe(406);
      expect(errors[0]?.extensions).toEqual({
        code: 'BAD_REQUEST',
        retryable: false,
        effect: 'NONE',
        requestId,
      });
    }
    expect(upstream.requests).toEqual([]);
    await inFront.close();
    await upstream.close();
  });
});
