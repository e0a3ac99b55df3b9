import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const secret = 'a-router-secret-of-32-characters';
const next = 'the-next-router-secret-of-38-characters';

describe('a gateway behind a router', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        AUTH_MODE: 'router',
        ROUTER_SECRET: `${secret}, ${next}`,
        NODE_ENV: 'production',
        SIGNALS_VISIBILITY: 'scoped',
      }),
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  const create = (headers: Record<string, string>, input = registration()) =>
    gateway.send(createEverything, { input }, headers);

  it.each([secret, next])('a gateway behind a router accepts any of the router’s secrets', async (given) => {
    const result = await create({ 'x-router-secret': given });
    expect(result.errors).toBeUndefined();
    expect(upstream.requests).toHaveLength(1);
  });

  it.each([
    ['no secret', {}],
    ['another secret', { 'x-router-secret': 'x'.repeat(32) }],
    ['a part of the secret', { 'x-router-secret': secret.slice(0, -1) }],
    ['a longer one', { 'x-router-secret': `${secret}x` }],
    ['all secrets at once', { 'x-router-secret': `${secret}, ${next}` }],
    ['an empty secret', { 'x-router-secret': '' }],
    ['caller headers alone', { 'x-caller-subject': 'someone', 'x-caller-scopes': 'evaluations:create' }],
    ['a token', { authorization: `Bearer ${secret}` }],
  ])('a gateway behind a router refuses %s, and nothing reaches Stripe', async (_, headers) => {
    const result = await create(headers as Record<string, string>);
    expect(result.status).toBe(401);
    expect(result.errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(upstream.requests).toHaveLength(0);
    expect((await gateway.flushed()).join('\n')).not.toContain(secret);
  });

  it('a gateway behind a router refuses requests without a header of ROUTER_REQUIRED_HEADERS', async () => {
    const strict = await startTestGateway(
      upstreamAt(upstream.url, {
        AUTH_MODE: 'router',
        ROUTER_SECRET: secret,
        ROUTER_REQUIRED_HEADERS: 'X-Caller-Subject, x-caller-scopes',
      }),
    );
    const named = { 'x-router-secret': secret, 'x-caller-subject': 'someone' };
    const send = (headers: Record<string, string>) =>
      strict.send(createEverything, { input: registration() }, headers);
    expect((await send({ 'x-router-secret': secret })).status).toBe(401);
    expect((await send(named)).status).toBe(401);
    expect(upstream.requests).toHaveLength(0);
    expect((await send({ ...named, 'x-caller-scopes': 'evaluations:create' })).status).toBe(200);
    expect((await strict.flushed()).join('\n')).toContain(
      'no x-caller-scopes, which ROUTER_REQUIRED_HEADERS demands',
    );
    await strict.close();
  });

  it('a gateway behind a router trusts the router’s headers about its caller', async () => {
    const caller = { 'x-router-secret': secret, 'x-caller-subject': 'someone' };
    const scoped = await create({ ...caller, 'x-caller-scopes': 'evaluations:create' });
    expect(scoped.errors?.map(({ path }) => path?.at(-1))).toEqual(['signals']);
    const none = await create({ ...caller, 'x-caller-scopes': '' });
    expect(none.data.createCustomerEvaluation).toBeNull();
    const bound = await create(
      { ...caller, 'x-caller-customer': 'cus_1' },
      registration({ evaluationContext: [{ customerDetails: { customer: 'cus_2' } }] }),
    );
    expect(bound.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect(upstream.requests).toHaveLength(1);
  });

  it('a gateway behind a router keeps the idempotency keys of subjects and issuers apart', async () => {
    const input = registration({ idempotencyKey: 'same' });
    const callers: Record<string, string>[] = [
      {},
      { 'x-caller-subject': 'one' },
      { 'x-caller-subject': 'one', 'x-caller-issuer': 'a' },
      { 'x-caller-subject': 'onea' },
      { 'x-caller-issuer': 'one' },
    ];
    for (const caller of callers) await create({ 'x-router-secret': secret, ...caller }, input);
    const keys = upstream.requests.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(callers.length);
  });

  it.each(['x-caller-subject', 'x-caller-scopes', 'x-caller-customer', 'x-router-secret'])(
    'a gateway behind a router refuses a second %s, which a client may have slipped in',
    async (name) => {
      const status = await new Promise((resolve, reject) => {
        const headers = [
          ...['host', 'x', 'content-type', 'application/json', 'x-router-secret', secret],
          ...[name, secret, name, secret],
        ];
        const call = httpRequest(`${gateway.url}/graphql`, { method: 'POST', headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        call.on('error', reject);
        call.end('{"query":"{__typename}"}');
      });
      expect(status).toBe(401);
    },
  );

  it('a gateway behind a router serves its schema to the router, but no introspection', async () => {
    const headers = { 'x-router-secret': secret };
    const service = await gateway.send('{ _service { sdl } }', undefined, headers);
    expect(service.data._service.sdl).toContain('type CustomerEvaluation');
    const introspection = await gateway.send('{ __schema { types { name } } }', undefined, headers);
    expect(introspection.status).toBe(400);
  });
});
