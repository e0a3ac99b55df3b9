import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { type Collector, startCollector } from '../harness/collector.ts';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { type ProcessOptions, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, type IssuerKey, makeKey, startIssuer } from '../harness/issuer.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';

// Key sets as issuers really publish them, including those that have locked callers out of other gateways.
describe('the key set of an issuer', () => {
  let issuer: Issuer;
  let second: IssuerKey;
  let stranger: IssuerKey;
  let gateway: TestGateway | undefined;

  beforeAll(async () => {
    issuer = await startIssuer();
    second = await makeKey('second');
    stranger = await makeKey('stranger');
  });
  afterAll(() => issuer.close());
  beforeEach(() => issuer.publish(issuer.key));
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
  });

  const start = async (
    environment: Record<string, string> = {},
    options?: ProcessOptions,
  ): Promise<TestGateway> => {
    gateway = await startTestGateway(issuer.environment(environment), options);
    return gateway;
  };
  const statusOf = async (token: Promise<string>): Promise<number | undefined> => {
    const headers = { authorization: `Bearer ${await token}` };
    return (await gateway?.send('{ __typename }', undefined, headers))?.status;
  };
  const answer = (body: unknown, status = 200) =>
    issuer.answerWith((response) => void response.writeHead(status).end(JSON.stringify(body)));

  it('the key set of Kubernetes is read, which responds with 406 unless application/jwk-set+json is accepted', async () => {
    issuer.answerWith((response) => {
      const accepted = response.req.headers.accept?.includes('application/jwk-set+json');
      response.writeHead(accepted ? 200 : 406).end(JSON.stringify({ keys: [issuer.key.jwk] }));
    });
    await start();
    expect(await statusOf(issuer.token())).toBe(200);
  });

  it('the key set is read behind a firewall that refuses requests without a User-Agent', async () => {
    issuer.answerWith((response) => {
      const named = response.req.headers['user-agent'] !== undefined;
      response.writeHead(named ? 200 : 403).end(JSON.stringify({ keys: [issuer.key.jwk] }));
    });
    await start();
    expect(await statusOf(issuer.token())).toBe(200);
  });

  it('the key set is requested with the same User-Agent as Stripe and the collector, which has our name and version', async () => {
    const upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    const collector: Collector = await startCollector();
    const asked: (string | undefined)[] = [];
    issuer.answerWith((response) => {
      asked.push(response.req.headers['user-agent']);
      response.end(JSON.stringify({ keys: [issuer.key.jwk] }));
    });
    const at = await start(upstreamAt(upstream.url, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }));
    const headers = { authorization: `Bearer ${await issuer.token()}` };
    const result = await at.send(createEverything, { input: registration() }, headers);
    expect(result.errors).toBeUndefined();
    await at.close();
    gateway = undefined;
    const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
    // On a busy machine the key set may be fetched twice.
    expect([...new Set(asked)]).toEqual([`${name}/${version}`]);
    expect(upstream.requests.map((request) => request.headers['user-agent'])).toEqual([`${name}/${version}`]);
    expect(collector.requests.length).toBeGreaterThan(0);
    for (const request of collector.requests)
      expect(request.headers['user-agent']).toMatch(new RegExp(`^${name}/${version} OTel-OTLP-Exporter`));
    await collector.close();
    await upstream.close();
  });

  it('the key set with two keys under one kid accepts tokens signed by either, and by no other', async () => {
    answer({ keys: [issuer.key.jwk, { ...second.jwk, kid: 'first' }] });
    await start();
    expect(await statusOf(issuer.token())).toBe(200);
    expect(await statusOf(issuer.token({}, { kid: 'first' }, second))).toBe(200);
    expect(await statusOf(issuer.token({}, { kid: 'first' }, stranger))).toBe(401);
    await gateway?.flushed();
    expect(gateway?.log.join('\n')).toContain('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });

  it('the key set with two keys without a kid accepts tokens signed by either, and the log says why another is refused', async () => {
    const bare = ({ jwk: { kid: _, ...jwk } }: IssuerKey): JWK => jwk;
    answer({ keys: [bare(issuer.key), bare(second)] });
    await start();
    for (const key of [issuer.key, second]) {
      expect(await statusOf(issuer.token({}, { kid: undefined }, key))).toBe(200);
      expect(await statusOf(issuer.token({ exp: 1 }, { kid: undefined }, key))).toBe(401);
      expect(await gateway?.logged(/ERR_JWT_EXPIRED/)).toBeDefined();
    }
    expect(await statusOf(issuer.token({}, { kid: undefined }, stranger))).toBe(401);
  });

  it('the key set with a weak and a strong key under one kid accepts tokens signed by the strong one', async () => {
    const weak = await makeKey('first', 1024);
    answer({ keys: [weak.jwk, issuer.key.jwk] });
    await start();
    expect(await statusOf(issuer.token())).toBe(200);
  });

  it('the key set with more keys under one kid than are tried refuses a token signed by the last', async () => {
    const keys = await Promise.all(Array.from({ length: 9 }, () => makeKey('many', 'P-256')));
    issuer.publish(...keys);
    await start();
    expect(await statusOf(issuer.token({}, {}, keys[7]))).toBe(200);
    expect(await statusOf(issuer.token({}, {}, keys[8]))).toBe(401);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 5],
    ['a string', 'key'],
    ['a list', []],
    ['an object without kty', { kid: 'first' }],
    ['a kty that is no string', { kid: 'first', kty: 5 }],
    ['a kty that nobody knows', { kid: 'first', kty: 'PQ' }],
    ['an RSA key without its modulus under the same kid', { kid: 'first', kty: 'RSA', alg: 'RS256' }],
    ['an RSA key with a modulus that is no text', { kid: 'first', kty: 'RSA', n: 5, e: 'AQAB' }],
    ['operations that are no list', { kid: 'first', kty: 'RSA', n: 'x', e: 'AQAB', key_ops: 'verify' }],
    ['a secret', { kid: 'first', kty: 'oct', k: 'c2VjcmV0' }],
    ['a key for encryption under the same kid', { kid: 'first', kty: 'RSA', use: 'enc', n: 'x', e: 'AQAB' }],
  ])('the key set with a malformed member is read without it: %s', async (_, member) => {
    answer({ keys: [member, issuer.key.jwk, member] });
    await start();
    expect(await statusOf(issuer.token())).toBe(200);
  });

  it('the key set that begins with a byte order mark is read', async () => {
    issuer.answerWith((response) => void response.end(`\uFEFF${JSON.stringify({ keys: [issuer.key.jwk] })}`));
    await start();
    expect(await statusOf(issuer.token())).toBe(200);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['answers 406', (response) => void response.writeHead(406).end(), 'status 406'],
    ['redirects', (response) => void response.writeHead(302, { location: '/x' }).end(), 'status 302'],
    ['never answers', () => undefined, 'timeout'],
    ['closes the connection', (response) => void response.destroy(), 'UND_ERR_SOCKET'],
    ['answers HTML', (response) => void response.end('<html>'), 'not a key set'],
    ['answers null', (response) => void response.end('null'), 'not a key set'],
    ['answers an empty set', (response) => void response.end('{"keys":[]}'), 'no usable key'],
    [
      'answers a set of nothing usable',
      (response) => void response.end('{"keys":[null,{}]}'),
      'no usable key',
    ],
    ['answers 70 KB', (response) => void response.end('x'.repeat(70_000)), 'larger than 64 KB'],
    ['answers no HTTP', (response) => void response.socket?.end('SSH-2.0\r\n'), 'HTTPParserError'],
  ])('the key set that %s says why in the log and in /readyz', async (_, write, reason) => {
    issuer.answerWith(write);
    const at = await start({}, { issuerFails: true });
    // On a busy machine, the first fetch may time out before the issuer fails.
    const line = await at.logged(new RegExp(`"reason":"${reason}".*the key set of JWT_JWKS_URL is down`));
    expect(JSON.parse(line)).toMatchObject({ level: 'error', state: 'down', reason });
    const readiness = await (await fetch(`${at.url}/readyz`)).json();
    expect(readiness).toMatchObject({ keySet: 'down', keySetReason: reason });
  });

  it('the key set reports ENOTFOUND if its host has no address, and ECONNREFUSED if nothing listens there', async () => {
    for (const [url, reason] of [
      ['https://issuer.invalid/keys', /ENOTFOUND|EAI_AGAIN/],
      ['http://127.0.0.1:1/keys', /ECONNREFUSED/],
    ] as const) {
      const at = await start({ JWT_JWKS_URL: url }, { issuerFails: true });
      const { keySetReason } = (await (await fetch(`${at.url}/readyz`)).json()) as { keySetReason: string };
      expect(keySetReason).toMatch(reason);
      await at.close();
      gateway = undefined;
    }
  });

  it('the key set reports no reason once it is up again', async () => {
    answer({}, 500);
    const at = await start({}, { issuerFails: true });
    issuer.publish(issuer.key);
    while (!(await fetch(`${at.url}/readyz`)).ok) await delay(50);
    const readiness = await (await fetch(`${at.url}/readyz`)).json();
    expect(readiness).toMatchObject({ keySet: 'up' });
    expect(readiness).not.toHaveProperty('keySetReason');
  });
});
