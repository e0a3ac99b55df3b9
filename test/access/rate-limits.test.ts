import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const one = 'createCustomerEvaluation(input: $input) { idempotencyKey }';
const mutation = (count: number) =>
  `mutation ($input: CreateCustomerEvaluationInput!) { ${Array.from({ length: count }, (_, i) => `a${i}: ${one}`).join(' ')} }`;

describe('rate limits', () => {
  let upstream: RecordingUpstream;
  let issuer: Issuer;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    issuer = await startIssuer();
  });
  afterAll(async () => {
    await issuer.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });
  afterEach(() => gateway.close());

  const start = async (environment: Record<string, string>) => {
    gateway = await startTestGateway(upstreamAt(upstream.url, environment), { movableClock: true });
  };
  const send = (count = 1, headers: Record<string, string> = {}) =>
    gateway.send(mutation(count), { input: registration() }, headers);
  const as = async (sub: string) => ({ authorization: `Bearer ${await issuer.token({ sub })}` });

  it.each([
    { RATE_LIMIT_PER_MINUTE: 'off', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '3' },
    { RATE_LIMIT_PER_MINUTE: '100', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '3' },
    { RATE_LIMIT_PER_MINUTE: '3', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off' },
  ])(
    'rate limits hold an anonymous caller to the lower limit of caller and address: %j',
    async (environment) => {
      await start(environment);
      const statuses = [];
      for (let count = 0; count < 4; count += 1) statuses.push((await send(1)).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
    },
  );

  it('rate limits count mutations rather than requests, and say when to retry', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '5' });
    expect((await send(3)).status).toBe(200);
    expect((await send(2)).status).toBe(200);
    const result = await send(1);
    expect(result.status).toBe(429);
    expect(result.data).toBeUndefined();
    const [error] = result.errors ?? [];
    expect(error).toMatchObject({
      message: 'Too many calls in the last minute. Wait for retryAfterMs, then retry.',
      extensions: { code: 'RATE_LIMITED', retryable: true, effect: 'NONE' },
    });
    const retryAfterMs = Number(error?.extensions['retryAfterMs']);
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(result.headers.get('retry-after')).toBe(String(Math.ceil(retryAfterMs / 1000)));
    expect(upstream.requests).toHaveLength(5);
  });

  it('rate limits refuse a whole document that asks for more calls than are left', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '5' });
    expect((await send(6)).status).toBe(429);
    expect(upstream.requests).toHaveLength(0);
  });

  it('rate limits count skipped fields, and mutations in fragments, as if they ran', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '2' });
    const skipped = `mutation ($input: CreateCustomerEvaluationInput!) { a: __typename ...F } fragment F on Mutation { b: ${one} ... @skip(if: true) { c: ${one} } }`;
    expect((await gateway.send(skipped, { input: registration() })).status).toBe(429);
    expect(upstream.requests).toHaveLength(0);
  });

  it('rate limits count each entity that a router requests', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '2', STRIPE_API_VERSION: '2026-06-24.preview' });
    const query = 'query ($list: [_Any!]!) { _entities(representations: $list) { __typename } }';
    const list = [1, 2, 3].map((id) => ({ __typename: 'CustomerEvaluation', id: `ceval_${id}` }));
    expect((await gateway.send(query, { list })).status).toBe(429);
    expect(upstream.requests).toHaveLength(0);
  });

  it('rate limits apply to each caller separately', async () => {
    await start(issuer.environment({ RATE_LIMIT_PER_MINUTE: '1' }));
    expect((await send(1, await as('one'))).status).toBe(200);
    expect((await send(1, await as('two'))).status).toBe(200);
    expect((await send(1, await as('one'))).status).toBe(429);
  });

  it('rate limits also apply to an address, across all its callers', async () => {
    await start(issuer.environment({ RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '3' }));
    const statuses = [];
    for (const sub of ['a', 'b', 'c', 'd']) statuses.push((await send(1, await as(sub))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it('rate limits of an address are not used up by a caller over its own limit', async () => {
    await start(issuer.environment({ RATE_LIMIT_PER_MINUTE: '2', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '5' }));
    const busy = await as('busy');
    const statuses = [];
    for (let count = 0; count < 10; count += 1) statuses.push((await send(1, busy)).status);
    expect(statuses).toEqual([200, 200, ...Array(8).fill(429)]);
    expect((await send(1, await as('neighbour'))).status).toBe(200);
  });

  it('rate limits apply to callers that name no Stripe account, and the log says why they are refused', async () => {
    await start(
      issuer.environment({
        RATE_LIMIT_PER_MINUTE: '2',
        STRIPE_ACCOUNTS: 'callers',
        JWT_STRIPE_ACCOUNT_CLAIM: 'account',
      }),
    );
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await send(1, await as('someone'))).status);
    expect(statuses).toEqual([403, 403, 429]);
    const log = (await gateway.flushed()).map((line) => JSON.parse(line));
    expect(log).toContainEqual(
      expect.objectContaining({ msg: 'request refused', reason: 'the caller names no Stripe account' }),
    );
    // The request that flushes the log has no token.
    const failures = log.filter(({ msg }) => /authentication fail/.test(msg));
    expect(failures.map(({ reason }) => reason)).toEqual(['no Authorization header']);
  });

  it('rate limits apply to an address that guesses credentials', async () => {
    await start(issuer.environment({ RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '3' }));
    const results = [];
    for (let count = 0; count < 4; count += 1) results.push(await send(1, { authorization: 'Bearer a.b.c' }));
    expect(results.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
    expect(results[3]?.errors?.[0]?.extensions['code']).toBe('RATE_LIMITED');
    expect(results[3]?.headers.get('retry-after')).toMatch(/^\d\d$/);
    // A caller with valid tokens is not limited by others at its address.
    expect((await send(1, await as('someone'))).status).toBe(200);
  });

  it('rate limits ignore X-Forwarded-For of an untrusted client', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '1' });
    expect((await send(1, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(200);
    expect((await send(1, { 'x-forwarded-for': '192.0.2.2' })).status).toBe(429);
    expect((await send(1, { 'x-forwarded-for': '192.0.2.3' })).status).toBe(429);
    // The client may be a proxy that the operator forgot to name.
    const warnings = (await gateway.flushed()).filter((line) =>
      line.includes('name the proxy in TRUST_PROXY'),
    );
    expect(warnings).toEqual([expect.stringContaining('"level":"warn"')]);
  });

  it('rate limits do not blame a proxy for a named caller over its own limit', async () => {
    await start(issuer.environment({ RATE_LIMIT_PER_MINUTE: '1', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '3' }));
    const from = async (sub: string) => ({ ...(await as(sub)), 'x-forwarded-for': '192.0.2.1' });
    const statusOf = async (sub: string) => (await send(1, await from(sub))).status;
    expect([await statusOf('a'), await statusOf('a'), await statusOf('b')]).toEqual([200, 429, 200]);
    expect((await gateway.flushed()).join('\n')).not.toContain('TRUST_PROXY');
    expect([await statusOf('c'), await statusOf('d')]).toEqual([200, 429]);
    expect(await gateway.logged(/name the proxy in TRUST_PROXY/)).toContain('"level":"warn"');
  });

  it('rate limits of refused credentials say that X-Forwarded-For of an untrusted client is ignored', async () => {
    await start(issuer.environment({ RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '1' }));
    const headers = { authorization: 'Bearer a.b.c', 'x-forwarded-for': '192.0.2.1' };
    expect([(await send(1, headers)).status, (await send(1, headers)).status]).toEqual([401, 429]);
    expect(await gateway.logged(/name the proxy in TRUST_PROXY/)).toContain('"level":"warn"');
  });

  it('rate limits apply to the address that a trusted proxy appends, not to what its client wrote', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '1', TRUST_PROXY: 'loopback' });
    const from = async (list: string) => (await send(1, { 'x-forwarded-for': list })).status;
    expect(await from('192.0.2.1')).toBe(200);
    expect(await from('192.0.2.2')).toBe(200);
    expect(await from('192.0.2.1')).toBe(429);
    expect(await from('198.51.100.7, 192.0.2.1')).toBe(429);
    expect(await from('::ffff:192.0.2.1')).toBe(429);
    // A host owns a whole /64 of IPv6 addresses.
    expect(await from('2001:db8:0:1::1')).toBe(200);
    expect(await from('2001:db8:0:1:ffff::2')).toBe(429);
    expect(await from('2001:db8:0:2::1')).toBe(200);
    expect((await gateway.flushed()).join('\n')).not.toContain('TRUST_PROXY');
  });

  it('rate limits cannot be evaded with an invalid forwarded address', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '1', TRUST_PROXY: 'loopback' });
    const statuses = [];
    for (const text of ['x', 'y', '127.0.0.1:80', '']) {
      statuses.push((await send(1, { 'x-forwarded-for': text })).status);
    }
    expect(statuses).toEqual([200, 429, 429, 429]);
  });

  it('rate limits apply to the subjects that a router names, and not to the router', async () => {
    const secret = 'a-router-secret-of-32-characters';
    await start({ AUTH_MODE: 'router', ROUTER_SECRET: secret, RATE_LIMIT_PER_MINUTE: '1' });
    const by = async (caller: Record<string, string>) =>
      (await send(1, { 'x-router-secret': secret, ...caller })).status;
    expect([await by({}), await by({}), await by({})]).toEqual([200, 200, 200]);
    const one = { 'x-caller-subject': 'one' };
    expect([await by(one), await by(one), await by({ 'x-caller-subject': 'two' })]).toEqual([200, 429, 200]);
  });

  it('rate limits are reset with the next minute', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '1' });
    expect([(await send()).status, (await send()).status]).toEqual([200, 429]);
    await gateway.moveClock({ wallMs: 60_001, monotonicMs: 60_001 });
    expect((await send()).status).toBe(200);
  });

  it('rate limits can be switched off', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: 'off' });
    const results = await Promise.all(Array.from({ length: 150 }, () => send()));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('rate limits default to 120 a minute', async () => {
    const config = (await import('../../src/config/config.ts')).readConfig({ PORT: '0' });
    expect(config.rateLimits).toEqual({ perMinute: 120, perAddressPerMinute: 600, redisUrl: undefined });
    await start({ RATE_LIMIT_PER_MINUTE: '120' });
    const statuses = [];
    for (let sent = 0; sent < 13; sent += 1) statuses.push((await send(10)).status);
    expect(statuses).toEqual([...Array(12).fill(200), 429]);
  });

  it('rate limits leave the connection open for the retry', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '1' });
    await send();
    const connection = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const call = httpRequest(
        `${gateway.url}/graphql`,
        { method: 'POST', headers, agent: false },
        (response) => {
          response.resume();
          resolve(`${response.statusCode} ${response.headers['retry-after'] !== undefined}`);
        },
      );
      call.on('error', reject);
      call.end(JSON.stringify({ query: createEverything, variables: { input: registration() } }));
    });
    expect(connection).toBe('429 true');
  });
});
