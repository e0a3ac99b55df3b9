import { afterEach, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { startIssuer } from '../harness/issuer.ts';

const json = { 'content-type': 'application/json' };
const post = (body: string, headers: Record<string, string> = json): RequestInit => ({
  method: 'POST',
  headers,
  body,
});
const query = (text: string): RequestInit => post(JSON.stringify({ query: text }));

describe('a useless request', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());

  it.each<[string, RequestInit, string?]>([
    ['a document that does not parse', query('{'), '/graphql'],
    ['an invalid document', query('{ nothing }')],
    ['an operation that is too large', query(`{ ${'a: __typename '.repeat(11)} }`)],
    [
      'a document without the operation that is named',
      post('{"query":"query A { __typename }","operationName":"B"}'),
    ],
    [
      'variables of a wrong type',
      post('{"query":"query ($id: ID!) { customerEvaluation(id: $id) { id } }","variables":{"id":[]}}'),
    ],
    ['a body that is no JSON', post('no JSON')],
    ['JSON that two readers understand differently', post('{"query":"{ __typename }","query":"{ a }"}')],
    ['JSON that is no request', post('[]')],
    ['a body larger than is taken', post(JSON.stringify({ query: ' '.repeat(70_000) }))],
    ['a document longer than is taken', query(`{ __typename }${' '.repeat(17_000)}`)],
    ['a GET without a document', { headers: { 'apollo-require-preflight': 'yes' } }, '/graphql'],
    [
      'a mutation by GET',
      { headers: { 'apollo-require-preflight': 'yes' } },
      '/graphql?query=mutation{__typename}',
    ],
  ])('a useless request is charged to its caller as one call: %s', async (_, request, path = '/graphql') => {
    gateway = await startTestGateway({ RATE_LIMIT_PER_MINUTE: '10' });
    const codes = [];
    for (let count = 0; count < 12; count += 1) {
      const response = await fetch(`${gateway.url}${path}`, request);
      const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
      codes.push({ status: response.status, code: errors[0]?.extensions.code });
    }
    const limited = { status: 429, code: 'RATE_LIMITED' };
    expect(codes.slice(0, 10)).not.toContainEqual(limited);
    expect(codes.slice(10)).toEqual([limited, limited]);
    // A valid request of the same caller must wait as long.
    expect((await gateway.send('{ __typename }')).status).toBe(429);
  });

  it('a useless request is charged to the address as well, however many callers it has', async () => {
    const issuer = await startIssuer();
    gateway = await startTestGateway(issuer.environment({ RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '3' }));
    const statuses = [];
    for (const sub of ['a', 'b', 'c', 'd']) {
      const headers = { ...json, authorization: `Bearer ${await issuer.token({ sub })}` };
      statuses.push((await fetch(`${gateway.url}/graphql`, post('no JSON', headers))).status);
    }
    expect(statuses).toEqual([400, 400, 400, 429]);
    await issuer.close();
  });

  it('a useful operation of one call is charged as one call', async () => {
    gateway = await startTestGateway({ RATE_LIMIT_PER_MINUTE: '2' });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await gateway.send('{ __typename }')).status);
    expect(statuses).toEqual([200, 200, 429]);
    // Probes are not counted.
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });
});
