import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { createEverything, registrationAnswer } from '../harness/evaluations.ts';
import { type ForwardProxy, startForwardProxy } from '../harness/forward-proxy.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { canaries, personalInput } from '../harness/personal-input.ts';

const stripe = 'api.stripe.test';
const issuerHost = 'issuer.test';

describe('a gateway that reaches the world through a proxy alone', () => {
  let certificate: { key: string; cert: string };
  let folder: string;
  let server: Server;
  let issuer: Issuer;
  let proxy: ForwardProxy;
  let gateway: TestGateway | undefined;
  const received: { host: string | undefined; body: string }[] = [];
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    issuer = await startIssuer();
    const hosts = [stripe, issuerHost, 'localhost'].map((value) => ({ type: 2 as const, value }));
    const pems = await generate([{ name: 'commonName', value: stripe }], {
      extensions: [
        { name: 'subjectAltName', altNames: [...hosts, { type: 7, ip: '127.0.0.1' }] },
        { name: 'basicConstraints', cA: true },
      ],
    });
    certificate = { key: pems.private, cert: pems.cert };
    folder = mkdtempSync(path.join(tmpdir(), 'proxy-'));
    writeFileSync(path.join(folder, 'ca.pem'), pems.cert);
    // Serves as both Stripe and the issuer, over TLS.
    server = createServer(certificate, (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        received.push({ host: request.headers.host, body });
        const isIssuer = request.headers.host === issuerHost;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(isIssuer ? { keys: [issuer.key.jwk] } : registrationAnswer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await issuer.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    received.length = 0;
    proxy = await startForwardProxy(ports());
    closing.push(() => proxy.close());
  });
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    for (const end of closing.splice(0).reverse()) await end();
  });

  const port = (): number => (server.address() as AddressInfo).port;
  const ports = () => ({ [`${stripe}:443`]: port(), [`${issuerHost}:443`]: port() });
  const start = async (environment: Record<string, string>): Promise<TestGateway> => {
    gateway = await startTestGateway({
      ...upstreamAt(`https://${stripe}`, { UPSTREAM_TIMEOUT_MS: '10000', UPSTREAM_DEADLINE_MS: '20000' }),
      NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
      ...environment,
    });
    return gateway;
  };
  const create = async (headers?: Record<string, string>) =>
    gateway?.send(createEverything, { input: personalInput }, headers);

  const isEvaluated = async (headers?: Record<string, string>): Promise<boolean> => {
    const { customerEvaluation } = (await create(headers))?.data.createCustomerEvaluation ?? {};
    return customerEvaluation?.id === registrationAnswer.id;
  };

  it('a gateway behind a forward proxy calls Stripe and fetches the key set through HTTPS_PROXY, in tunnels that reveal nothing', async () => {
    const jwt = issuer.environment({ JWT_JWKS_URL: `https://${issuerHost}/keys` });
    await start({ ...jwt, HTTPS_PROXY: `http://user:p%40ss@${proxy.address}` });
    const authorization = `Bearer ${await issuer.token()}`;
    expect(await isEvaluated({ authorization })).toBe(true);
    // On a busy machine the key set may be fetched twice.
    expect([...new Set(received.map(({ host }) => host))]).toEqual([issuerHost, stripe]);
    expect([...new Set(proxy.tunnels.map(({ target }) => target))]).toEqual([
      `${issuerHost}:443`,
      `${stripe}:443`,
    ]);
    for (const { headers } of proxy.tunnels) {
      const pair = Buffer.from('user:p@ss').toString('base64');
      expect(headers['proxy-authorization']).toBe(`Basic ${pair}`);
      expect(headers.authorization).toBeUndefined();
    }
    expect(proxy.forwarded).toEqual([]);
    const seen = proxy.read();
    for (const secret of [...canaries, 'sk_test_canary0key', 'customer_evaluations'])
      expect(seen).not.toContain(secret);
  });

  it('a gateway behind a forward proxy reuses a tunnel for the next call', async () => {
    await start({ HTTPS_PROXY: `http://${proxy.address}` });
    for (let call = 0; call < 3; call += 1) expect(await isEvaluated()).toBe(true);
    expect(received).toHaveLength(3);
    expect(proxy.tunnels).toHaveLength(1);
  });

  it.each([
    ['https_proxy', (address: string) => `http://${address}`],
    ['HTTPS_PROXY', (address: string) => address],
  ])('a gateway behind a forward proxy reads %s, also without a scheme', async (name, write) => {
    await start({ [name]: write(proxy.address) });
    expect(await isEvaluated()).toBe(true);
    expect(proxy.tunnels).toHaveLength(1);
  });

  it('a gateway behind a forward proxy speaks TLS with a proxy whose URL is https', async () => {
    const secure = await startForwardProxy(ports(), certificate);
    closing.push(() => secure.close());
    await start({ HTTPS_PROXY: `https://${secure.address.replace('127.0.0.1', 'localhost')}` });
    expect(await isEvaluated()).toBe(true);
    expect(secure.tunnels).toHaveLength(1);
  });

  it.each([stripe, '.stripe.test', 'stripe.test', '*', `other.example, ${stripe}:443`])(
    'a gateway behind a forward proxy calls Stripe directly with NO_PROXY=%s',
    async (exceptions) => {
      await start({ HTTPS_PROXY: `http://${proxy.address}`, NO_PROXY: exceptions });
      // The host can be reached only through the proxy.
      expect((await create())?.data.createCustomerEvaluation.errors).toMatchObject([
        { code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' },
      ]);
      expect(proxy.tunnels).toEqual([]);
    },
  );

  it.each(['stripe.tes', 'i.stripe.test', `${stripe}:8443`])(
    'a gateway behind a forward proxy uses the proxy with NO_PROXY=%s, which names another host',
    async (exceptions) => {
      await start({ HTTPS_PROXY: `http://${proxy.address}`, NO_PROXY: exceptions });
      expect(await isEvaluated()).toBe(true);
      expect(proxy.tunnels).toHaveLength(1);
    },
  );

  it.each(['localhost', '127.0.0.1'])(
    'a gateway behind a forward proxy never sends requests for %s through it',
    async (host) => {
      await start({ HTTPS_PROXY: `http://${proxy.address}`, STRIPE_API_URL: `https://${host}:${port()}` });
      expect(await isEvaluated()).toBe(true);
      expect(proxy.tunnels).toEqual([]);
    },
  );

  it('a gateway behind a forward proxy calls its own sandbox directly, and ignores HTTP_PROXY', async () => {
    const { address } = proxy;
    gateway = await startTestGateway({ HTTPS_PROXY: `http://${address}`, HTTP_PROXY: `http://${address}` });
    expect((await create())?.data.createCustomerEvaluation.errors).toEqual([]);
    expect(proxy.tunnels).toEqual([]);
    expect(proxy.forwarded).toEqual([]);
  });

  it.each([407, 403, 502])(
    'a gateway behind a forward proxy promises that nothing was sent if the proxy responds with %i',
    async (status) => {
      proxy.answerWith(status);
      const at = await start({ HTTPS_PROXY: `http://user:canary-password@${proxy.address}` });
      expect((await create())?.data.createCustomerEvaluation.errors).toMatchObject([
        { code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' },
      ]);
      await at.logged(new RegExp(`PROXY_STATUS_${status}`));
      await at.flushed();
      expect(`${at.log.join('\n')}${at.told()}`).not.toMatch(/canary-password|Y2FuYXJ5/);
      expect(received).toEqual([]);
    },
  );

  it('a gateway behind a forward proxy promises that nothing was sent while the proxy hangs, and recovers with it', async () => {
    proxy.answerWith('hang');
    await start({
      HTTPS_PROXY: `http://${proxy.address}`,
      UPSTREAM_TIMEOUT_MS: '1000',
      UPSTREAM_DEADLINE_MS: '2000',
    });
    expect((await create())?.data.createCustomerEvaluation.errors).toMatchObject([{ effect: 'NONE' }]);
    proxy.answerWith(200);
    expect(await isEvaluated()).toBe(true);
  });

  it('a gateway behind a forward proxy says why it has no key set if the proxy refuses', async () => {
    proxy.answerWith(407);
    const jwt = issuer.environment({ JWT_JWKS_URL: `https://${issuerHost}/keys` });
    const at = await start({ ...jwt, HTTPS_PROXY: `http://${proxy.address}` });
    expect(await (await fetch(`${at.url}/readyz`)).json()).toMatchObject({
      keySet: 'down',
      keySetReason: 'PROXY_STATUS_407',
    });
  });
});

describe('the setting HTTPS_PROXY', () => {
  it.each([
    'socks5://127.0.0.1:1080',
    'http://:3128',
    'http://proxy:port',
    'http://proxy:70000',
    'http://proxy.example:3128/path',
    'http://proxy.example?query',
    'http://a%b:canary@proxy.example',
    'http://user:canary%zz@proxy.example',
    'ftp://canary@proxy.example',
    'not a url',
    'https://127.0.0.1:3128',
    'https://[2001:db8::1]:3128',
  ])('the setting HTTPS_PROXY is refused at startup, without being quoted, if it is %s', (value) => {
    expect(() => readConfig({ HTTPS_PROXY: value })).toThrow(ConfigError);
    try {
      readConfig({ HTTPS_PROXY: value });
    } catch (error) {
      expect((error as Error).message).toContain('HTTPS_PROXY: must be http://user:password@host:port');
      expect((error as Error).message).not.toContain(value);
    }
  });

  it('the setting HTTPS_PROXY counts as not set if it is empty', () => {
    expect(readConfig({ HTTPS_PROXY: '', NO_PROXY: 'x' }).proxy).toBeUndefined();
  });
});
