import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { describeUnless } from '../harness/run-unless.ts';
import { missingBrowser, startBrowser, type TestBrowser, type Visit } from './browser.ts';

describeUnless(missingBrowser(), 'A page in a browser', () => {
  let browser: TestBrowser;
  let gateway: TestGateway;
  let vite: Server;
  let visit: Visit;

  beforeAll(async () => {
    browser = await startBrowser(['evil.example']);
    gateway = await startTestGateway();
    // A development server on its own port, like Vite's.
    vite = createServer((_request, response) => response.end('<!doctype html><title>Shop</title>')).listen(
      0,
      '127.0.0.1',
    );
    await once(vite, 'listening');
    visit = await browser.open(`http://127.0.0.1:${(vite.address() as AddressInfo).port}/`);
  });
  afterAll(async () => {
    await visit.close();
    await browser.close();
    await gateway.close();
    vite.close();
  });

  /** What the page can read of the response, or the browser's error if it can read nothing. */
  const read = ({ page }: Visit, path: string, init: object): Promise<[number | string, string]> =>
    page.evaluate(`(async () => {
      try {
        const response = await fetch(${JSON.stringify(path)}, ${JSON.stringify(init)});
        return [response.status || response.type, await response.text()];
      } catch (error) {
        return [error.name, ''];
      }
    })()`);
  const asked = '?query=%7B__typename%7D';

  it('A page on localhost calls the gateway without any setting: by POST, and by GET as urql sends queries', async () => {
    const json = {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
    };
    const post = { method: 'POST', headers: json, body: '{"query":"{__typename}"}' };
    expect(await read(visit, `${gateway.url}/graphql`, post)).toEqual([
      200,
      '{"data":{"__typename":"Query"}}\n',
    ]);
    const get = { headers: { accept: 'application/graphql-response+json, application/json' } };
    expect(await read(visit, `${gateway.url}/graphql${asked}`, get)).toEqual([
      200,
      '{"data":{"__typename":"Query"}}\n',
    ]);
  });

  it('A page on localhost can read why it was refused', async () => {
    const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' };
    const [status, body] = await read(visit, `${gateway.url}/graphql`, text);
    expect([status, JSON.parse(body).errors[0].extensions.code]).toEqual([415, 'BAD_REQUEST']);
    expect((await read(visit, `${gateway.url}/%`, {}))[0]).toBe(400);
    expect((await read(visit, `${gateway.url}/nowhere`, {}))[0]).toBe(404);
  });

  it('A page runs no query by a request whose response it cannot read, such as an image', async () => {
    expect((await read(visit, `${gateway.url}/graphql${asked}`, { mode: 'no-cors' }))[0]).toBe('opaque');
    await gateway.flushed();
    const last = gateway.log.filter((line) => line.includes('"msg":"request refused"')).at(-2);
    expect(JSON.parse(last ?? '{}')).toMatchObject({ outcome: 'BAD_REQUEST', status: 400 });
  });

  it('A page whose name was made to resolve to this machine gets a 421, whatever it asks for', async () => {
    const { port } = new URL(gateway.url);
    // A page after DNS rebinding came from another server, without this gateway's policy.
    const rebound = await browser.open(`http://evil.example:${port}/try`, { bypassCSP: true });
    expect(await rebound.page.textContent('body')).toContain('ALLOWED_HOSTS');
    const post = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{__typename}"}',
    };
    expect((await read(rebound, '/graphql', post))[0]).toBe(421);
    expect((await read(rebound, `/graphql${asked}`, {}))[0]).toBe(421);
    await rebound.close();
  });
});
