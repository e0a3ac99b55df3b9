import { createHmac, createSign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, makeKey, startIssuer } from '../harness/issuer.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a gateway that asks for tokens', () => {
  let upstream: RecordingUpstream;
  let issuer: Issuer;
  let gateway: TestGateway;
  let fetchedByToken = 0;
  const trap = createServer((_request, response) => {
    fetchedByToken += 1;
    response.end('{}');
  });

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    issuer = await startIssuer();
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
    gateway = await startTestGateway(upstreamAt(upstream.url, issuer.environment()));
  });
  afterAll(async () => {
    await gateway.close();
    await issuer.close();
    await upstream.close();
    trap.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  const create = (authorization?: string) =>
    gateway.send(
      createEverything,
      { input: registration() },
      authorization === undefined ? {} : { authorization },
    );

  it('a gateway that requires tokens accepts a valid one', async () => {
    const result = await create(`Bearer ${await issuer.token()}`);
    expect(result.status).toBe(200);
    expect(result.data.createCustomerEvaluation.errors).toEqual([]);
    expect(upstream.requests).toHaveLength(1);
  });

  it.each(['RS256', 'PS256'])('a gateway that requires tokens accepts %s of an RSA key', async (alg) => {
    const key = { ...issuer.key, alg };
    const { alg: _, ...jwk } = issuer.key.jwk;
    issuer.publish({ ...key, jwk });
    const own = await startTestGateway(upstreamAt(upstream.url, issuer.environment()));
    const result = await own.send('{ __typename }', undefined, {
      authorization: `Bearer ${await issuer.token({}, {}, key)}`,
    });
    await own.close();
    issuer.publish(issuer.key);
    expect(result.status).toBe(200);
  });

  it.each(['P-256', 'Ed25519'] as const)(
    'a gateway that requires tokens accepts a key on the curve %s',
    async (curve) => {
      const key = await makeKey(curve, curve);
      issuer.publish(key);
      const own = await startTestGateway(upstreamAt(upstream.url, issuer.environment()));
      const result = await own.send('{ __typename }', undefined, {
        authorization: `Bearer ${await issuer.token({}, {}, key)}`,
      });
      await own.close();
      issuer.publish(issuer.key);
      expect(result.status).toBe(200);
    },
  );

  const now = Math.floor(Date.now() / 1000);
  const claims = () => ({ iss: issuer.url, aud: 'gateway', sub: 'someone', exp: now + 300 });
  const trapUrl = () => `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`;
  const refused: Record<string, () => string | Promise<string>> = {
    'no token': () => '',
    garbage: () => 'Bearer garbage',
    'three parts of garbage': () => 'Bearer a.b.c',
    'a token without a scheme': () => issuer.token(),
    'another scheme': async () => `Basic ${await issuer.token()}`,
    'alg none': () => `Bearer ${base64url({ alg: 'none' })}.${base64url(claims())}.`,
    'alg none with a signature': () => `Bearer ${base64url({ alg: 'none' })}.${base64url(claims())}.AA`,
    'alg None': () => `Bearer ${base64url({ alg: 'None', kid: 'first' })}.${base64url(claims())}.AA`,
    'HS256 with the public key as secret': () => {
      const body = `${base64url({ alg: 'HS256', kid: 'first' })}.${base64url(claims())}`;
      const secret = issuer.key.publicKey.export({ type: 'spki', format: 'pem' });
      return `Bearer ${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
    },
    'another key under a known name': async () =>
      `Bearer ${await issuer.token({}, {}, await makeKey('first'))}`,
    'a key of an unknown name': async () => `Bearer ${await issuer.token({}, {}, await makeKey('other'))}`,
    'a name that climbs': async () => `Bearer ${await issuer.token({}, { kid: '../../../etc/passwd' })}`,
    'its own key in the header': async () => {
      const other = await makeKey('inline');
      return `Bearer ${await issuer.token({}, { jwk: other.jwk as never }, other)}`;
    },
    'a link to its own keys': async () => {
      const other = await makeKey('linked');
      return `Bearer ${await issuer.token({}, { jku: trapUrl(), x5u: trapUrl() }, other)}`;
    },
    'a critical header nobody knows': () => {
      const body = `${base64url({ alg: 'RS256', kid: 'first', crit: ['x'], x: 1 })}.${base64url(claims())}`;
      return `Bearer ${body}.${createSign('RSA-SHA256').update(body).sign(issuer.key.privateKey, 'base64url')}`;
    },
    'five parts, as an encrypted token has': () => 'Bearer a.b.c.d.e',
    'an expired one': async () => `Bearer ${await issuer.token({ exp: now - 120 })}`,
    'one without expiry': async () => `Bearer ${await issuer.token({ exp: undefined })}`,
    'one that is not valid yet': async () => `Bearer ${await issuer.token({ nbf: now + 120 })}`,
    'another issuer': async () => `Bearer ${await issuer.token({ iss: 'https://other.example' })}`,
    'no issuer': async () => `Bearer ${await issuer.token({ iss: undefined })}`,
    'another audience': async () => `Bearer ${await issuer.token({ aud: 'other' })}`,
    'no audience': async () => `Bearer ${await issuer.token({ aud: undefined })}`,
    'no subject': async () => `Bearer ${await issuer.token({ sub: undefined })}`,
    'an empty subject': async () => `Bearer ${await issuer.token({ sub: '' })}`,
    'one of 9 kB': async () => `Bearer ${await issuer.token({ filler: 'x'.repeat(9_000) })}`,
    'a name of 10 kB': async () => `Bearer ${await issuer.token({}, { kid: 'k'.repeat(10_000) })}`,
  };

  it.each(Object.keys(refused))(
    'a gateway that requires tokens refuses %s without saying why, and nothing reaches Stripe',
    async (name) => {
      const authorization = await refused[name]?.();
      const result = await create(authorization === '' ? undefined : authorization);
      expect(result.status).toBe(401);
      expect(result.headers.get('www-authenticate')).toBe('Bearer');
      expect(JSON.parse(result.text)).toEqual({
        errors: [
          {
            message: 'Authentication failed: missing or invalid credentials.',
            extensions: {
              code: 'UNAUTHENTICATED',
              retryable: false,
              effect: 'NONE',
              requestId: expect.any(String),
            },
          },
        ],
      });
      expect(upstream.requests).toHaveLength(0);
      expect(fetchedByToken).toBe(0);
      // The log names the reason and repeats nothing that was sent.
      const id = result.errors?.[0]?.extensions['requestId'];
      const lines = (await gateway.flushed()).map((line) => JSON.parse(line));
      const ofIt = lines.filter(({ requestId }) => requestId === id);
      expect(ofIt).toMatchObject([
        { msg: 'authentication failed', reason: expect.not.stringContaining('[redacted]') },
      ]);
      if (authorization) expect(gateway.log.join()).not.toContain(authorization.slice(-20));
    },
  );

  it('a gateway that requires tokens refuses a token of a megabyte before it is parsed', async () => {
    const result = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${'x'.repeat(1_000_000)}` },
      body: '{}',
    }).then(
      ({ status }) => status,
      () => 'closed',
    );
    expect([431, 'closed']).toContain(result);
    expect(upstream.requests).toHaveLength(0);
  });

  it('a gateway that requires tokens refuses two tokens in one request', async () => {
    const token = await issuer.token();
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const call = request(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: ['content-type', 'application/json', 'host', 'x', 'authorization', `Bearer ${token}`].concat(
          'authorization',
          `Bearer ${token}`,
        ),
      });
      call.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on('error', reject);
      call.end('{"query":"{__typename}"}');
    });
    expect(status).toBe(401);
  });

  it('a gateway that requires tokens logs a caller under the same pseudonym each time, never under its subject', async () => {
    const token = await issuer.token({ sub: 'canary-subject' });
    (await gateway.flushed()).length = 0;
    await create(`Bearer ${token}`);
    await create(`Bearer ${token}`);
    const pseudonyms = (await gateway.flushed())
      .map((line) => JSON.parse(line))
      .filter((line) => line.msg === 'operation');
    expect(pseudonyms).toHaveLength(2);
    expect(pseudonyms[0].caller).toMatch(/^[\w-]{22}$/);
    expect(pseudonyms[1].caller).toBe(pseudonyms[0].caller);
    expect(gateway.log.join('\n')).not.toContain('canary-subject');
    expect(gateway.log.join('\n')).not.toContain(token.slice(-20));
  });

  it('a gateway that requires tokens keeps the idempotency keys of different subjects apart', async () => {
    const input = registration({ idempotencyKey: 'same' });
    for (const sub of ['one', 'two', 'one']) {
      await gateway.send(
        createEverything,
        { input },
        { authorization: `Bearer ${await issuer.token({ sub })}` },
      );
    }
    const keys = upstream.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[2]).toBe(keys[0]);
    expect(keys[1]).not.toBe(keys[0]);
  });

  it('a gateway that asks for tokens keeps no token and no claim that it does not need in memory', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'heap-'));
    const watched = await startTestGateway(upstreamAt(upstream.url, issuer.environment()), {
      nodeOptions: ['--heapsnapshot-signal=SIGUSR2', `--diagnostic-dir=${folder}`],
    });
    const token = await issuer.token({ sub: 'kept-subject', email: 'canary@example.com' });
    await watched.send('{ __typename }', {}, { authorization: `Bearer ${token}` });
    // Another request, because Node keeps the last one of a connection.
    await watched.send('{ __typename }');
    watched.child.kill('SIGUSR2');
    // The snapshot is complete once it ends with the strings.
    const snapshot = (): string =>
      readdirSync(folder)
        .map((name) => readFileSync(path.join(folder, name), 'utf8'))
        .join('');
    while (!snapshot().trimEnd().endsWith(']}')) await delay(100);
    const kept = snapshot();
    await watched.close();
    rmSync(folder, { recursive: true });
    expect(kept).toContain('JWT_JWKS_URL');
    expect(kept).not.toContain('canary@example.com');
    expect(kept).not.toContain(token.split('.')[2]);
  });
});
