import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { type Issuer, type IssuerKey, makeKey, startIssuer } from '../harness/issuer.ts';

const faults: Record<string, (response: ServerResponse) => void> = {
  'hangs before its headers': () => undefined,
  'hangs within its body': (response) => {
    response.writeHead(200).write('{"keys":[');
  },
  'answers 10 MB': (response) => {
    const filler = JSON.stringify({ keys: [], filler: 'x'.repeat(10_000_000) });
    response.writeHead(200, { 'content-type': 'application/json' }).end(filler);
  },
  'answers without end': (response) => {
    response.writeHead(200);
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
      if (!response.destroyed) response.once('drain', write);
    };
    write();
  },
  'answers HTML': (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
  },
  'answers an empty set': (response) => {
    response.writeHead(200).end('{"keys":[]}');
  },
  'answers 500': (response) => {
    response.writeHead(500).end('{}');
  },
  'answers null': (response) => {
    response.writeHead(200).end('null');
  },
  'sends us elsewhere': (response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  },
  'closes the connection': (response) => {
    response.destroy();
  },
};

describe('the issuer’s key set', () => {
  let issuer: Issuer;
  let gateway: TestGateway;
  let stranger: IssuerKey;

  beforeAll(async () => {
    issuer = await startIssuer();
    stranger = await makeKey('stranger');
  });
  afterAll(() => issuer.close());
  beforeEach(() => issuer.publish(issuer.key));
  afterEach(() => gateway.close());

  const call = (token: string) =>
    gateway.send('{ __typename }', undefined, { authorization: `Bearer ${token}` });
  const readiness = async () => {
    const response = await fetch(`${gateway.url}/readyz`);
    return { status: response.status, body: await response.json() };
  };

  it.each(Object.keys(faults))(
    'a key set whose URL %s at startup leaves the gateway not ready, and callers refused with 503',
    async (name) => {
      issuer.answerWith(faults[name] as (response: ServerResponse) => void);
      const before = issuer.fetches;
      gateway = await startTestGateway(issuer.environment(), { issuerFails: true });
      // Refused while some of these issuers still have not responded, and without another fetch.
      const result = await call(await issuer.token());
      // On a busy machine the issuer may see the request later than the gateway gives it up.
      while (issuer.fetches === before) await delay(5);
      expect(issuer.fetches - before).toBe(1);
      expect(result.status).toBe(503);
      expect(result.headers.get('retry-after')).toBe('5');
      expect(result.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', retryable: true });
      expect(await readiness()).toMatchObject({ status: 503, body: { status: 'degraded', keySet: 'down' } });
      await gateway.logged(/the key set of JWT_JWKS_URL is down/);
    },
  );

  it('a key set that goes down later leaves the gateway ready: known keys stay accepted, and unknown ones are refused', async () => {
    gateway = await startTestGateway(issuer.environment(), { movableClock: true });
    const lasting = { exp: Math.floor(Date.now() / 1000) + 7_200 };
    expect((await call(await issuer.token(lasting))).status).toBe(200);
    // After the cooldown, and after jose by itself would consider the set stale.
    await gateway.moveClock({ wallMs: 3_600_000, monotonicMs: 3_600_000 });
    issuer.answerWith(faults['answers 500'] as (response: ServerResponse) => void);
    expect((await call(await issuer.token(lasting, {}, stranger))).status).toBe(401);
    expect((await call(await issuer.token(lasting))).status).toBe(200);
    expect(await readiness()).toMatchObject({ status: 200, body: { status: 'ready', keySet: 'down' } });
  });

  it('a key set that is rotated is fetched for the first token signed by the new key', async () => {
    gateway = await startTestGateway(issuer.environment(), { movableClock: true });
    expect((await call(await issuer.token({}, {}, stranger))).status).toBe(401);
    issuer.publish(issuer.key, stranger);
    await gateway.moveClock({ wallMs: 31_000, monotonicMs: 31_000 });
    expect((await call(await issuer.token({}, {}, stranger))).status).toBe(200);
  });

  it('a key set is fetched once for a thousand tokens of unknown keys', async () => {
    gateway = await startTestGateway({
      ...issuer.environment(),
      RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '600',
    });
    const before = issuer.fetches;
    const token = await issuer.token({}, {}, stranger);
    const [, payload, signature] = token.split('.');
    const statuses = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: `k${index}` })).toString('base64url');
        return (await call(`${header}.${payload}.${signature}`)).status;
      }),
    );
    // Both limits hold: the attempts of an unknown caller, and the fetches of the key set.
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(statuses.filter((status) => status === 401)).toHaveLength(600);
    expect(issuer.fetches - before).toBeLessThanOrEqual(1);
  });

  it('a key set that fails is not fetched again for each token', async () => {
    issuer.answerWith(faults['answers 500'] as (response: ServerResponse) => void);
    const before = issuer.fetches;
    gateway = await startTestGateway(issuer.environment(), { issuerFails: true });
    const token = await issuer.token();
    await Promise.all(Array.from({ length: 100 }, () => call(token)));
    while (issuer.fetches === before) await delay(5);
    expect(issuer.fetches - before).toBe(1);
  });

  it('a key set’s weak key is ignored, and its tokens are refused', async () => {
    const weak = await makeKey('weak', 1024);
    issuer.publish(issuer.key, weak);
    gateway = await startTestGateway(issuer.environment());
    // jose refuses to sign with it as well.
    const { createSign } = await import('node:crypto');
    const good = (await issuer.token()).split('.')[1];
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'weak' })).toString('base64url');
    const body = `${header}.${good}`;
    const token = `${body}.${createSign('RSA-SHA256').update(body).sign(weak.privateKey, 'base64url')}`;
    expect((await call(token)).status).toBe(401);
    await gateway.logged(/unusable key/);
  });
});
