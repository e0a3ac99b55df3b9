import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ MAX_DOCUMENT_BYTES: '1024' });
});
afterAll(() => gateway.close());

const get = (search: string) =>
  fetch(`${gateway.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } });
const post = (body: object, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const query = 'query A{__typename}';

describe('A parameter that is empty or null is as if it were left out', () => {
  it.each([
    'operationName=',
    'variables=',
    'variables=null',
    'variables=%20null%20',
    'extensions=',
    'extensions=null',
    'documentId=',
    'operationName=&variables=&extensions=&documentId=',
  ])('A parameter that is empty or null counts as left out by GET: %s', async (rest) => {
    const response = await get(`query=${query}&${rest}`);
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it.each(['operationName', 'variables', 'extensions', 'documentId'])(
    'A parameter that is empty or null counts as left out by POST: %s',
    async (name) => {
      for (const value of [null, '']) {
        const response = await post({ query, [name]: value });
        expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
      }
    },
  );

  it('A parameter that is empty or null also counts as left out with trusted documents', async () => {
    const trusting = await startTestGateway({ TRUSTED_DOCUMENTS: 'prefer' });
    const all = { query, operationName: '', variables: null, extensions: null, documentId: '' };
    const byPost = await fetch(`${trusting.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(all),
    });
    const search = `query=${query}&operationName=&variables=null&extensions=&documentId=`;
    const byGet = await fetch(`${trusting.url}/graphql?${search}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(await byPost.json()).toEqual({ data: { __typename: 'Query' } });
    expect(await byGet.json()).toEqual({ data: { __typename: 'Query' } });
    await trusting.close();
  });
});

describe('JSON in a URL', () => {
  const lists = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;

  it.each([
    ['a name twice', '{"a":"one","a":"two"}'],
    ['a name twice, once escaped', '{"a":"one","\\u0061":"two"}'],
    ['a name twice, deep inside', '{"a":[{"b":1,"b":2}]}'],
    ['__proto__', '{"__proto__":{"a":"one"}}'],
    ['more levels than a body may have', lists(31)],
    ['a text that is not JSON', '{a:1}'],
  ])('JSON in a URL is refused as in a body if it has %s', async (_, json) => {
    const search = `query=${query}&%NAME=${encodeURIComponent(json)}`;
    for (const name of ['variables', 'extensions']) {
      const url = `${gateway.url}/graphql`;
      const byPost = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"query":"${query}","${name}":${json}}`,
      });
      const byGet = await get(search.replace('%NAME', name));
      const byHead = await fetch(`${url}?${search.replace('%NAME', name)}`, {
        method: 'HEAD',
        headers: { 'apollo-require-preflight': '1' },
      });
      expect([byPost.status, byGet.status, byHead.status]).toEqual([400, 400, 400]);
      const messages = [byPost, byGet].map(async (response) => {
        const { errors } = (await response.json()) as { errors: { message: string }[] };
        return errors.map(({ message }) => message);
      });
      const [ofPost, ofGet] = await Promise.all(messages);
      expect(ofGet).toEqual(ofPost);
    }
  });

  it('JSON in a URL may have as many levels as in a body', async () => {
    const variables = lists(30);
    expect((await get(`query=${query}&variables=${encodeURIComponent(variables)}`)).status).toBe(200);
    expect((await post({ query, variables: JSON.parse(variables) })).status).toBe(200);
  });
});

describe('What validation lets through and the executor refuses', () => {
  it.each([
    ['a subscription', { query: 'subscription{x}' }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a subscription beside a query',
      { query: 'query A{__typename} subscription B{x}', operationName: 'A' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'an operation that the document does not have',
      { query, operationName: 'B' },
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['no operation among several', { query: `${query} query B{__typename}` }, 'OPERATION_RESOLUTION_FAILURE'],
    ['fragments alone', { query: 'fragment F on Query{__typename}' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['variables that are a list', { query, variables: [] }, 'BAD_REQUEST'],
    ['variables that are a number', { query, variables: 1 }, 'BAD_REQUEST'],
    ['an operation name that is a number', { query, operationName: 1 }, 'BAD_REQUEST'],
    ['extensions that are a list', { query, extensions: [] }, 'BAD_REQUEST'],
  ])('A request that passes validation and fails in the executor gets a 400: %s', async (_, body, code) => {
    const response = await post(body);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect([response.status, errors[0]?.extensions.code]).toEqual([400, code]);
  });

  it('A request that passes validation and fails in the executor gets a 400 by GET', async () => {
    const response = await get('query=subscription{x}');
    expect(response.status).toBe(400);
  });

  it('A request that passes validation and fails in the executor gets a 400 if more variables are invalid than graphql-js counts', async () => {
    const evaluationContext = Array.from({ length: 60 }, () => ({ nobody: 1 }));
    const response = await post({
      query:
        'mutation($i:CreateCustomerEvaluationInput!){createCustomerEvaluation(input:$i){idempotencyKey}}',
      variables: { i: { eventType: 'LOGIN', evaluationContext } },
    });
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(response.status).toBe(400);
    expect(errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL_SERVER_ERROR');
  });

  it('A request that passes validation and fails in the executor is bad input if null replaces a default', async () => {
    const requests = [
      { query: 'query($b: Boolean = true) { __typename @skip(if: $b) }', variables: { b: null } },
      { query: 'query($i: String = "Query") { __type(name: $i) { name } }', variables: { i: null } },
      {
        query: 'query($r: [_Any!] = []) { _entities(representations: $r) { __typename } }',
        variables: { r: null },
      },
    ];
    for (const request of requests) {
      const { errors } = (await (await post(request)).json()) as {
        errors: { extensions: { code: string } }[];
      };
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
    }
  });

  it('A request that passes validation and fails in the executor is never logged as a bug', async () => {
    await gateway.flushed();
    expect(gateway.log.filter((line) => line.includes('unhandled error'))).toEqual([]);
    expect(gateway.log.filter((line) => /"outcome":"(INTERNAL_SERVER_ERROR|OTHER)"/.test(line))).toEqual([]);
  });
});

describe('MAX_DOCUMENT_BYTES', () => {
  // GraphQL ignores commas.
  const long = `{__typename}${','.repeat(1_100)}`;

  it('MAX_DOCUMENT_BYTES applies to documents by POST and by GET, with or without a hash', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
    const hash = encodeURIComponent(JSON.stringify(extensions));
    expect((await post({ query: long })).status).toBe(413);
    expect((await post({ query: long, extensions })).status).toBe(413);
    expect((await get(`query=${long}`)).status).toBe(413);
    expect((await get(`query=${long}&extensions=${hash}`)).status).toBe(413);
    expect((await get('query={__typename}')).status).toBe(200);
  });
});

describe('A document with half of a surrogate pair', () => {
  it('A document with half of a surrogate pair is refused, whatever was sent before', async () => {
    const withName = (name: string) => ({ query: `{__type(name:"${name}"){name}}` });
    expect((await post(withName('\ufffd'))).status).toBe(200);
    expect((await post(withName('\u{1f600}'))).status).toBe(200);
    for (const half of ['\ud800', '\udc00', '\udc00\ud800']) {
      const response = await post(withName(half));
      const { errors } = (await response.json()) as {
        errors?: { message: string; extensions: { code: string } }[];
      };
      expect([response.status, errors?.[0]?.extensions.code]).toEqual([400, 'BAD_REQUEST']);
      expect(errors?.[0]?.message).toContain('surrogate');
    }
  });
});

describe('Content-Encoding', () => {
  it.each(['identity', 'Identity', 'IDENTITY'])(
    'Content-Encoding %s counts as no encoding',
    async (encoding) => {
      expect((await post({ query }, { 'content-encoding': encoding })).status).toBe(200);
    },
  );

  it('Content-Encoding of any other kind is refused', async () => {
    for (const encoding of ['gzip', 'identity, gzip', '']) {
      const { status } = await post({ query }, { 'content-encoding': encoding });
      expect([encoding, status]).toEqual([encoding, 415]);
    }
  });
});

describe('HEAD', () => {
  it('HEAD is answered as GET is, without a body', async () => {
    const response = await fetch(`${gateway.url}/graphql?query=${query}`, {
      method: 'HEAD',
      headers: { 'apollo-require-preflight': '1' },
    });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});
