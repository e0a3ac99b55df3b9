import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { startIssuer } from '../harness/issuer.ts';
import { sharedGateways } from '../harness/shared-gateways.ts';

const browserAccepts = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const gatewayWith = sharedGateways();

const get = ({ url }: TestGateway, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url + path, { ...init, headers: { accept: browserAccepts, ...init.headers } });

/** The URLs of a page's resources. */
const partsOf = (html: string): string[] =>
  [...html.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, address]) => address ?? '');

const typesOf: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** The directives of a policy. */
const policyOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries(
    (headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources.join(' ')];
    }),
  );

describe.each(['/', '/graphql', '/try'])('the page at %s', (path) => {
  it('a page is HTML with its own script and style files, under a policy that allows no others', async () => {
    const response = await get(await gatewayWith(), path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(policyOf(response)).toMatchObject({
      'default-src': "'none'",
      'script-src': "'self'",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    });
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe-eval');
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?:\/\/|\{\{/);
  });

  it('a page answers HEAD like GET, without a body', async () => {
    const gateway = await gatewayWith();
    const [head, whole] = [await get(gateway, path, { method: 'HEAD' }), await get(gateway, path)];
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const name of ['content-type', 'content-length', 'content-security-policy'])
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
  });

  it('a page names only existing files, which are immutable, and compressed if the client accepts it', async () => {
    const gateway = await gatewayWith();
    const parts = partsOf(await (await get(gateway, path)).text());
    expect(parts.length).toBeGreaterThanOrEqual(3);
    for (const part of parts) {
      const response = await get(gateway, `/${part}`, { headers: { 'accept-encoding': 'identity' } });
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('vary')).toBe('Accept-Encoding, Origin');
      expect(response.headers.get('content-type')).toBe(typesOf[extname(part)]);
      const plain = Buffer.from(await response.arrayBuffer());
      expect(plain.equals(readFileSync(`dist/pages/${part}`))).toBe(true);
      expect(gunzipSync(readFileSync(`dist/pages/${part}.gz`)).equals(plain)).toBe(true);
      const packed = await get(gateway, `/${part}`, { headers: { 'accept-encoding': 'br, gzip' } });
      expect(packed.headers.get('content-encoding')).toBe('gzip');
      expect(Buffer.from(await packed.arrayBuffer()).equals(plain)).toBe(true);
    }
  });
});

describe('the pages', () => {
  it('the pages allow inline styles only for the editor', async () => {
    const gateway = await gatewayWith();
    expect(policyOf(await get(gateway, '/'))['style-src']).toBe("'self' 'unsafe-inline'");
    expect(policyOf(await get(gateway, '/try'))['style-src']).toBe("'self'");
  });

  it('the pages include the licence of each bundled package', async () => {
    const gateway = await gatewayWith();
    const parts = partsOf(await (await get(gateway, '/')).text());
    const response = await get(gateway, `/${parts.find((part) => part.endsWith('.txt'))}`);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await response.text();
    for (const name of ['graphiql', 'graphql', 'monaco-editor', 'react-dom', 'framer-motion'])
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+: MIT$`, 'm'));
  });

  it.each(['nothing.js', '..%2fexplorer.html', '%2e%2e%2fexplorer.html', 'a%00.js', '.js', 'x.html'])(
    'the pages have no file %s',
    async (name) => {
      const response = await get(await gatewayWith(), `/assets/${name}`);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-security-policy')).toBe(
        "default-src 'none'; frame-ancestors 'none'",
      );
    },
  );

  const anAsset = `/assets/${readdirSync('dist/pages/assets').find((name) => name.endsWith('.js'))}`;

  it.each(['/', '/try', '/try/calls', anAsset])(
    'the pages do not exist if the explorer is off: %s',
    async (path) => {
      expect((await get(await gatewayWith({ EXPLORER: 'off' }), path)).status).toBe(404);
      const production = { NODE_ENV: 'production', AUTH_MODE: 'none', UPSTREAM: 'sandbox' };
      expect((await get(await gatewayWith(production), path)).status).toBe(404);
      const asked = await get(await gatewayWith({ ...production, EXPLORER: 'on' }), path);
      expect(asked.status).toBe(200);
    },
  );

  it('the pages leave /graphql to clients if the explorer is off, or if the URL has a query', async () => {
    const off = await gatewayWith({ EXPLORER: 'off' });
    expect((await get(off, '/graphql')).status).toBe(400);
    const on = await gatewayWith();
    const asked = await get(on, '/graphql?query={__typename}', {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(await asked.json()).toEqual({ data: { __typename: 'Query' } });
    expect((await get(on, '/graphql', { headers: { accept: 'application/json' } })).status).toBe(400);
  });

  it.each([
    { environment: {}, says: 'Sandbox', playground: 200 },
    {
      environment: { UPSTREAM: 'sandbox', STRIPE_SECRET_KEY: 'sk_test_1' },
      says: 'Sandbox',
      playground: 200,
    },
    { environment: upstreamAt('http://127.0.0.1:9'), says: 'Test mode', playground: 404 },
    { environment: { STRIPE_SECRET_KEY: 'sk_live_1' }, says: 'Live mode', playground: 404 },
    { environment: { STRIPE_SECRET_KEY: 'rk_live_1' }, says: 'Live mode', playground: 404 },
  ])('the pages name the upstream: $says', async ({ environment, says, playground }) => {
    const gateway = await gatewayWith(environment);
    const html = await (await get(gateway, '/')).text();
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(html).toContain(`<strong class="mode">${says}</strong>`);
    expect(html).toContain(`<small>${version}</small>`);
    expect(html).toContain('Stripe-Version <code>2026-09-30.preview</code>');
    expect(html.includes('href="try"')).toBe(playground === 200);
    for (const path of ['/try', '/try/calls']) expect((await get(gateway, path)).status).toBe(playground);
  });

  it('the pages reveal no other settings', async () => {
    const gateway = await gatewayWith({
      STRIPE_SECRET_KEY: 'sk_test_canary',
      UPSTREAM: 'sandbox',
      STRIPE_ACCOUNT: 'acct_canary',
      STRIPE_API_URL: 'https://canary.example',
      AUTH_MODE: 'router',
      ROUTER_SECRET: 'canary-canary-canary-canary-canary',
      PSEUDONYM_KEY: 'canary-canary-canary-canary-canary',
      CORS_ORIGINS: 'https://canary.example',
      TRUST_PROXY: '10.99.99.99',
    });
    for (const path of ['/', '/graphql', '/try']) {
      // Without credentials: the pages are public.
      const response = await get(gateway, path);
      expect(response.status).toBe(200);
      const text = JSON.stringify([...response.headers]) + (await response.text());
      expect(text).not.toMatch(/canary|10\.99|router|4000|jwt/i);
    }
  });

  it('the pages contain no paths of the machine that built them', () => {
    for (const name of readdirSync('dist/pages/assets').filter((each) => /\.(js|css|txt)$/.test(each)))
      expect(readFileSync(`dist/pages/assets/${name}`, 'utf8').includes(process.cwd())).toBe(false);
  });
});

describe('what the sandbox received', () => {
  const create =
    'mutation ($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) { idempotencyKey } }';
  const input = {
    eventType: 'LOGIN',
    evaluationContext: [{ clientDetails: { radarSession: 'rse_1' } }],
    idempotencyKey: 'k',
  };
  const calls = '/try/calls?mutation=createCustomerEvaluation&idempotencyKey=k';

  it('the calls that the sandbox received are shown to the caller whose key it was, without the upstream’s key', async () => {
    const gateway = await gatewayWith();
    expect(await (await get(gateway, calls)).json()).toEqual([]);
    await gateway.send(create, { input });
    const [call, ...more] = (await (await get(gateway, calls)).json()) as {
      request: string;
      answer: string;
    }[];
    expect(more).toEqual([]);
    expect(call?.request).toMatch(/radar_session\]=rse_1$/);
    expect(call?.request).not.toContain('sk_test');
    expect(call?.answer).toMatch(/^200\n/);
    for (const other of ['reportCustomerEvaluation', 'x', ''])
      expect(await (await get(gateway, calls.replace('createCustomerEvaluation', other))).json()).toEqual([]);
    for (const key of ['', '%00', 'other', 'x'.repeat(300)])
      expect(
        await (
          await get(gateway, `/try/calls?mutation=createCustomerEvaluation&idempotencyKey=${key}`)
        ).json(),
      ).toEqual([]);
  });

  it('the calls that the sandbox received are shown to nobody else', async () => {
    const issuer = await startIssuer();
    const gateway = await gatewayWith(issuer.environment());
    const bearer = async (sub: string) => ({ authorization: `Bearer ${await issuer.token({ sub })}` });
    await gateway.send(create, { input }, await bearer('jenny'));
    const seenBy = async (headers: Record<string, string>) => (await get(gateway, calls, { headers })).json();
    expect(await seenBy(await bearer('jenny'))).toHaveLength(1);
    expect(await seenBy(await bearer('john'))).toEqual([]);
    expect((await get(gateway, calls)).status).toBe(401);
    await issuer.close();
  });
});
