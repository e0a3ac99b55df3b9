import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, fetchExchange, gql } from '@urql/core';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { type RawResponse, sendRaw } from '../harness/raw-request.ts';
import { sharedGateways } from '../harness/shared-gateways.ts';

const typename = '{"query":"{__typename}"}';

async function askUnder(gateway: TestGateway, host: string): Promise<RawResponse> {
  return sendRaw(
    gateway.url,
    'POST /graphql HTTP/1.1',
    [`Host: ${host}`, 'Content-Type: application/json'],
    typename,
  );
}

describe('A gateway on a developer’s machine, without authentication', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ ALLOWED_HOSTS: 'Gateway.test, [2001:db8::1]' });
  });
  afterAll(() => gateway.close());

  it.each([
    'localhost',
    'localhost:4000',
    'LOCALHOST:4000',
    '127.0.0.1:4000',
    '[::1]:4000',
    'gateway.test:4000',
    '[2001:db8::1]',
  ])('A gateway on a developer’s machine answers to %s', async (host) => {
    expect((await askUnder(gateway, host)).status).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    '',
    'gateway.test.',
  ])(
    'A gateway on a developer’s machine refuses a page whose name was made to resolve to it, and says what to set: %j',
    async (host) => {
      const answer = await askUnder(gateway, host);
      expect(answer.status).toBe(421);
      expect(JSON.parse(answer.body).errors[0]).toMatchObject({
        message: expect.stringContaining('ALLOWED_HOSTS'),
        extensions: { code: 'BAD_REQUEST', retryable: false, effect: 'NONE' },
      });
    },
  );

  it.each([
    'GET / HTTP/1.1',
    'GET /try HTTP/1.1',
    'GET /try/calls HTTP/1.1',
    'GET /graphql?query={__typename} HTTP/1.1',
  ])('A gateway on a developer’s machine refuses it %s as well', async (line) => {
    expect((await sendRaw(gateway.url, line, ['Host: evil.example'])).status).toBe(421);
  });

  it('A gateway on a developer’s machine answers to the address that it listens on as well', async () => {
    const other = await startTestGateway({ HOST: '127.0.0.2' });
    const { status } = await askUnder(other, '127.0.0.2:4000');
    await other.close();
    expect(status).toBe(200);
  });

  it('A gateway on a developer’s machine answers probes under any name', async () => {
    expect((await sendRaw(gateway.url, 'GET /healthz HTTP/1.1', ['Host: 10.1.2.3:4000'])).status).toBe(200);
  });
});

describe('A gateway that others are to reach', () => {
  it.each([
    ['in production', { NODE_ENV: 'production', AUTH_MODE: 'none', UPSTREAM: 'sandbox' }],
    ['with authentication', { AUTH_MODE: 'router', ROUTER_SECRET: 'r'.repeat(32) }],
    ['on all addresses', { HOST: '0.0.0.0' }],
  ])('A gateway that other machines can reach answers to every name: %s', async (_, settings) => {
    const gateway = await startTestGateway(settings);
    const here = { ...gateway, url: gateway.url.replace('0.0.0.0', '127.0.0.1') };
    const { status } = await askUnder(here, 'gateway.example');
    await gateway.close();
    expect([200, 401]).toContain(status);
  });

  it('A gateway that other machines can reach answers only to the names of ALLOWED_HOSTS if that is set', async () => {
    const gateway = await startTestGateway({
      NODE_ENV: 'production',
      AUTH_MODE: 'none',
      UPSTREAM: 'sandbox',
      ALLOWED_HOSTS: 'gateway.example',
    });
    const statuses = [await askUnder(gateway, 'gateway.example'), await askUnder(gateway, 'evil.example')];
    await gateway.close();
    expect(statuses.map(({ status }) => status)).toEqual([200, 421]);
  });
});

describe('A browser page', () => {
  const gatewayWith = sharedGateways();
  let gateway: TestGateway | undefined;
  const start = async (settings: Record<string, string> = {}) => {
    gateway = await startTestGateway(settings);
    return gateway;
  };
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
  });
  const allowed = async ({ url }: TestGateway, origin: string) => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: typename,
    });
    const preflight = await fetch(`${url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    return [answer, preflight].map(({ headers }) => headers.get('access-control-allow-origin') === origin);
  };

  it('A browser page on Vite’s default address may call by default, and the log says so', async () => {
    const development = await gatewayWith();
    for (const origin of [
      'http://localhost:5173',
      'http://127.0.0.1:5173',
      'http://[::1]:3000',
      'http://localhost',
    ]) {
      expect([origin, await allowed(development, origin)]).toEqual([origin, [true, true]]);
    }
    expect(JSON.parse(await development.logged(/"msg":"configuration"/))).toMatchObject({
      corsOrigins: ['http://localhost', 'http://127.0.0.1', 'http://[::1]'],
      allowedHosts: 'listed',
    });
  });

  it.each([
    'https://shop.example',
    'http://localhost.evil.example',
    'http://localhost:5173.evil.example',
    'http://127.0.0.1.evil.example:5173',
    'http://localhost:5173/',
    'http://192.168.1.2:5173',
    'null',
  ])('A browser page of %s may not call by default', async (origin) => {
    expect(await allowed(await gatewayWith(), origin)).toEqual([false, false]);
  });

  it('A browser page on localhost may not call in production, nor if CORS_ORIGINS is set', async () => {
    const production = await start({ NODE_ENV: 'production', AUTH_MODE: 'none', UPSTREAM: 'sandbox' });
    expect(await allowed(production, 'http://localhost:5173')).toEqual([false, false]);
    await production.close();
    const chosen = await start({ CORS_ORIGINS: 'https://shop.example' });
    expect(await allowed(chosen, 'http://localhost:5173')).toEqual([false, false]);
    expect(await allowed(chosen, 'https://shop.example')).toEqual([true, true]);
  });

  it.each(['capacitor://localhost', 'ionic://localhost', 'tauri://localhost', 'chrome-extension://abcdefgh'])(
    'A browser page of an app or extension, %s, may call once CORS_ORIGINS has its origin, as the log advises',
    async (origin) => {
      const without = await start({ CORS_ORIGINS: 'https://shop.example' });
      expect(await allowed(without, origin)).toEqual([false, false]);
      expect(JSON.parse(await without.logged(/refused by CORS: add it to CORS_ORIGINS/)).origin).toBe(origin);
      await without.close();
      const chosen = await start({ CORS_ORIGINS: `https://shop.example,${origin}` });
      expect(await allowed(chosen, origin)).toEqual([true, true]);
      expect(await allowed(chosen, `${origin}.evil`)).toEqual([false, false]);
    },
  );

  it('A browser page that is refused is logged once per origin, up to a hundred, and only if the origin is valid', async () => {
    const strict = await start({ NODE_ENV: 'production', AUTH_MODE: 'none', UPSTREAM: 'sandbox' });
    const own = new URL(strict.url).origin;
    const origins = [
      'https://a.example',
      'https://a.example',
      'https://b.example',
      own,
      'jenny rosen',
      // What a browser sends for a page that is a file.
      'null',
      'null',
    ];
    for (const origin of origins) await allowed(strict, origin);
    await strict.flushed();
    const logged = () =>
      strict.log.filter((line) => line.includes('refused by CORS')).map((line) => JSON.parse(line).origin);
    expect(logged()).toEqual(['https://a.example', 'https://b.example', 'null']);
    for (let number = 0; number < 110; number += 1) {
      await fetch(`${strict.url}/healthz`, { headers: { origin: `https://${number}.example` } });
    }
    await strict.flushed();
    expect(logged()).toHaveLength(100);
  });

  it('A browser page with urql, which sends queries by GET, is answered if its origin may call', async () => {
    const development = await start();
    const sent: string[] = [];
    // A browser adds `Origin` to every request to another origin. Nothing else identifies the page.
    const inBrowser: typeof fetch = (url, init) => {
      sent.push(`${init?.method}`);
      return fetch(url, {
        ...init,
        headers: { ...(init?.headers as object), origin: 'http://localhost:5173' },
      });
    };
    const client = new Client({
      url: `${development.url}/graphql`,
      exchanges: [fetchExchange],
      fetch: inBrowser,
    });
    const result = await client.query(gql('{ __typename }'), {}).toPromise();
    expect(result.error).toBeUndefined();
    expect(result.data).toEqual({ __typename: 'Query' });
    expect(sent).toEqual(['GET']);
  });

  it.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['no origin, as a picture or a script has none', { 'sec-fetch-site': 'cross-site' }],
    ['another port, without an origin', { 'sec-fetch-site': 'same-site' }],
    ['nothing but what any page may set', { accept: 'application/graphql-response+json' }],
    ['an origin that is null', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
  ])('A browser page sends no query by GET without a preflight from %s', async (_, headers) => {
    const development = await start();
    expect((await fetch(`${development.url}/graphql?query={__typename}`, { headers })).status).toBe(400);
  });
});
