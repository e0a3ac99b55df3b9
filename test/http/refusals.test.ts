import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { type RawResponse, readResponse, sendBytes, sendRaw } from '../harness/raw-request.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const shop = 'https://shop.example';
const canary = 'jenny@example.com';
const host = 'Host: localhost';
const json = 'Content-Type: application/json';

/** Every known way to be refused before GraphQL: request line, headers, body, status. */
const refusals: [what: string, line: string, headers: string[], body: string, status: number][] = [
  ['a path that does not decode', `GET /%?email=${canary} HTTP/1.1`, [host], '', 400],
  ['two slashes and a path that does not decode', `GET //%ff/${canary} HTTP/1.1`, [host], '', 400],
  ['an asset whose name does not decode', `GET /assets/%ff?${canary} HTTP/1.1`, [host], '', 400],
  ['an asset whose name is far too long', `GET /assets/${canary.repeat(20)} HTTP/1.1`, [host], '', 414],
  ['a URL with a fragment', `GET /graphql?query=x#${canary} HTTP/1.1`, [host], '', 400],
  ['a URL with a fragment before its query', `GET /graphql#?query=${canary} HTTP/1.1`, [host], '', 400],
  ['no Host', 'POST /graphql HTTP/1.1', [], '', 400],
  ['two Hosts', 'POST /graphql HTTP/1.1', [host, host], '', 400],
  ['a Host that is none', 'POST /graphql HTTP/1.1', [`Host: ${canary} x`], '', 400],
  ['a URL with an authority that is none', 'GET http://[/graphql?query=x HTTP/1.1', [host], '', 400],
  ['another Host', 'POST /graphql HTTP/1.1', ['Host: evil.example'], '', 421],
  ['another authority in its URL', `GET http://evil.example/graphql HTTP/1.1`, [host], '', 421],
  ['an unknown Expect', 'POST /graphql HTTP/1.1', [host, `Expect: ${canary}`], '{}', 417],
  ['OPTIONS that is no preflight', 'OPTIONS /graphql HTTP/1.1', [host], '', 405],
  ['OPTIONS of nothing', 'OPTIONS * HTTP/1.1', [host], '', 404],
  ['PUT', 'PUT /graphql HTTP/1.1', [host, 'Content-Type: text/plain'], canary, 405],
  ['a method of WebDAV', 'PROPFIND /graphql HTTP/1.1', [host], '', 405],
  ['a method that nobody knows', `JENNY /graphql?${canary} HTTP/1.1`, [host], '', 400],
  ['a tunnel', 'CONNECT example.com:443 HTTP/1.1', [host], '', 405],
  ['an upgrade', 'GET /graphql HTTP/1.1', [host, 'Connection: Upgrade', 'Upgrade: websocket'], '', 400],
  ['a path that there is not', `GET /nowhere/${canary} HTTP/1.1`, [host], '', 404],
  ['another content type', 'POST /graphql HTTP/1.1', [host, 'Content-Type: text/plain'], canary, 415],
  ['a body that is too large', 'POST /graphql HTTP/1.1', [host, json], canary.repeat(5_000), 413],
  ['a body that is no JSON', 'POST /graphql HTTP/1.1', [host, json], canary, 400],
  ['headers that are too large', 'POST /graphql HTTP/1.1', [host, `X-A: ${'a'.repeat(20_000)}`], '', 431],
];

const errorIn = ({ body }: RawResponse) => JSON.parse(body).errors[0];

describe('A request that is refused before GraphQL', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ CORS_ORIGINS: shop, METRICS_PORT: '0', REQUEST_TIMEOUT_MS: '300' });
  });
  afterAll(() => gateway.close());

  it.each(refusals)(
    'A request that is refused before GraphQL is answered in GraphQL’s form, with all headers, and quotes nothing: %s',
    async (_, line, headers, body, status) => {
      const answer = await sendRaw(gateway.url, line, [...headers, `Origin: ${shop}`], body);
      expect(answer.status).toBe(status);
      expect(errorIn(answer)).toMatchObject({
        message: expect.any(String),
        extensions: { code: expect.any(String) },
      });
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
      expect(answer.headers.get('access-control-allow-origin')).toBe(shop);
      expect(answer.headers.get('vary')).toBe('Accept, Origin');
      expect(JSON.stringify([...answer.headers]) + answer.body).not.toMatch(/jenny/i);
    },
  );

  it('A refusal before GraphQL is not readable by pages of other origins', async () => {
    for (const [what, line, headers, body] of refusals) {
      const answer = await sendRaw(gateway.url, line, [...headers, 'Origin: https://evil.example'], body);
      expect([what, answer.headers.get('access-control-allow-origin')]).toEqual([what, null]);
    }
  });

  it('A request that timed out gets a response that a page can read, although its headers were never read', async () => {
    const answer = readResponse(await sendBytes(gateway.url, 'POST /graphql HTTP/1.1\r\n'));
    expect(answer.status).toBe(408);
    expect(answer.headers.get('access-control-allow-origin')).toBe(shop);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('A refusal before GraphQL is counted by its status, and logged without any of its content', async () => {
    await gateway.close();
    gateway = await startTestGateway({ METRICS_PORT: '0' });
    const before = await scrape(metricsUrl(gateway));
    const sent = ['a path that does not decode', 'no Host', 'an unknown Expect', 'a tunnel'];
    for (const [what, line, headers, body] of refusals) {
      if (sent.includes(what)) await sendRaw(gateway.url, line, [...headers, `X-Request-Id: id-of-it`], body);
    }
    await sendBytes(gateway.url, 'garbage\r\n\r\n');
    const after = await scrape(metricsUrl(gateway));
    const name = 'customer_evaluations_http_requests_total';
    const grown = (labels: Record<string, string>) =>
      sumOf(after, name, labels) - sumOf(before, name, labels);
    expect(grown({ status: '400' })).toBe(3);
    expect(grown({ status: '417' })).toBe(1);
    expect(grown({ status: '405' })).toBe(1);

    await gateway.flushed();
    const lines = gateway.log.filter((line) => line.includes('"requestId":"id-of-it"'));
    expect(lines.map((line) => JSON.parse(line).status)).toEqual([400, 400, 417]);
    expect(gateway.log.join('\n')).not.toMatch(/jenny/i);
  });
});

describe('Refusals by strangers', () => {
  it('Refusals of unauthenticated requests cannot fill the log: at most thirty lines a minute', async () => {
    const gateway = await startTestGateway();
    for (let sent = 0; sent < 40; sent += 1) await sendRaw(gateway.url, 'GET /% HTTP/1.1', [host]);
    await gateway.close();
    expect(gateway.log.filter((line) => line.includes('request refused'))).toHaveLength(30);
  });
});

describe('A path', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  it.each([
    ['/graphql', 'PUT', 'GET, HEAD, POST'],
    ['/graphql', 'DELETE', 'GET, HEAD, POST'],
    ['/graphql?query={__typename}', 'PATCH', 'GET, HEAD, POST'],
    ['/healthz', 'POST', 'GET, HEAD'],
    ['/readyz', 'DELETE', 'GET, HEAD'],
    ['/readyz/replica', 'POST', 'GET, HEAD'],
    ['/', 'POST', 'GET, HEAD'],
    ['/try', 'PUT', 'GET, HEAD'],
    ['/try/calls', 'POST', 'GET, HEAD'],
    ['/assets/explorer.js', 'POST', 'GET, HEAD'],
  ])('A path %s answers %s with 405 and the allowed methods', async (path, method, allow) => {
    const response = await fetch(gateway.url + path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it.each(['/', '/graphql', '/healthz', '/nowhere', '/assets/none.js', '/try'])(
    'A path %s varies by Origin and Accept',
    async (path) => {
      const { headers } = await fetch(gateway.url + path, { headers: { origin: 'http://localhost:5173' } });
      expect(headers.get('vary')).toMatch(/^Accept, Origin$/);
    },
  );
});
