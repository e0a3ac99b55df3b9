import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { processorMsOf, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const good = JSON.stringify({ query: createEverything, variables: { input: registration() } });

describe('the HTTP server', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;
  /** The CPU time of a hundred good requests. */
  let usualMs: number;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        NODE_ENV: 'production',
        AUTH_MODE: 'none',
        REQUEST_TIMEOUT_MS: '700',
        CORS_ORIGINS: 'https://shop.example',
      }),
    );
    await processorMsOf(gateway, 100, () => post(good));
    usualMs = await processorMsOf(gateway, 100, () => post(good));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body as string,
    });

  /** Sends raw bytes and returns everything received until the connection is closed. */
  const raw = (...parts: (string | Buffer)[]) => rawTo(gateway, ...parts);
  const rawTo = ({ url }: { url: string }, ...parts: (string | Buffer)[]) =>
    new Promise<string>((resolve) => {
      const { port, hostname } = new URL(url);
      const socket = connect(Number(port), hostname);
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
      for (const part of parts) socket.write(part);
    });
  const head = (...headers: string[]) =>
    ['POST /graphql HTTP/1.1', 'Host: x', ...headers, '', ''].join('\r\n');
  const json = 'Content-Type: application/json';
  const errorIn = (answer: string) => JSON.parse(answer.split('\r\n\r\n')[1] ?? '').errors[0].extensions;

  it('the HTTP server accepts the valid request from which the others differ', async () => {
    expect((await post(good)).status).toBe(200);
    expect(upstream.requests).toHaveLength(1);
  });

  it.each([
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'application/json;x',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; x=y',
    'application/json,text/plain',
    'application/jsonx',
    'application/json x',
    'application/json\t;charset=utf-8',
    'application/json ;charset=utf-8',
    'application/graphql',
    'text/plain;application/json',
  ])('the HTTP server refuses the content type %j', async (type) => {
    const response = await post(good, { 'content-type': type });
    expect(response.status).toBe(415);
    expect(upstream.requests).toHaveLength(0);
  });

  it('the HTTP server refuses a request without a content type', async () => {
    const answer = await raw(head(`Content-Length: ${good.length}`, 'Connection: close'), good);
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
    expect(upstream.requests).toHaveLength(0);
  });

  it.each([
    ['a batch', `[${good}]`],
    ['a batch of a thousand', `[${Array(1_000).fill('{"query":"{__typename}"}').join()}]`],
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '1'],
    ['a string', '"{__typename}"'],
    ['an empty object', '{}'],
    ['a byte order mark', `\uFEFF${good}`],
    ['UTF-16', Buffer.from(good, 'utf16le')],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from(good.slice(0, -3)), Buffer.from([0xff, 0xfe]), Buffer.from('}}}')]),
    ],
    [
      'an overlong encoding',
      Buffer.concat([
        Buffer.from('{"query":"{__typename}","x":"'),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from('"}'),
      ]),
    ],
    ['a name twice', '{"query":"{__typename}","query":"{__typename}"}'],
    ['a name twice, once escaped', '{"query":"{__typename}","\\u0071uery":"{__typename}"}'],
    ['a variable twice', `${good.slice(0, -1)},"variables":{}}`],
    ['__proto__', '{"query":"{__typename}","__proto__":{"admin":true}}'],
    [
      '10,000 levels',
      `{"query":"{__typename}","variables":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`,
    ],
    [
      '10,000 objects within each other',
      `{"query":"{__typename}","variables":${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}}`,
    ],
    ['a comment', `/* */${good}`],
    ['NaN', '{"query":"{__typename}","variables":{"a":NaN}}'],
    ['a number beyond all', good.replace('"rse_1"', '1e400')],
    ['a query that is no string', '{"query":{"kind":"Document"}}'],
    ['variables in a string', '{"query":"{__typename}","variables":"{}"}'],
  ])('the HTTP server refuses a body that is %s at no more cost than valid ones', async (_, body) => {
    const workMs = await processorMsOf(gateway, 20, async () => {
      expect((await post(body)).status).toBe(400);
    });
    expect(workMs).toBeLessThan(2 * usualMs);
    expect(upstream.requests).toHaveLength(0);
  });

  it('the HTTP server refuses a body that is one byte too long, whatever its Content-Length says', async () => {
    const long = good.padEnd(65_537);
    expect((await post(good.padEnd(65_536))).status).toBe(200);
    expect((await post(long)).status).toBe(413);
    const chunk = `1000\r\n${'x'.repeat(4_096)}\r\n`;
    const endless = await raw(head(json, 'Transfer-Encoding: chunked'), chunk.repeat(20));
    expect(endless).toMatch(/^HTTP\/1\.1 413 /);
    const short = await raw(head(json, 'Content-Length: 5', 'Connection: close'), good);
    expect(short).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.requests).toHaveLength(1);
  });

  it('the HTTP server refuses a compressed body without decompressing it', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, 'x'));
    expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await post(gzipSync(good), { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await post(good, { 'content-encoding': 'br' })).status).toBe(415);
    expect(upstream.requests).toHaveLength(0);
  });

  it.each([
    ['two lengths', head(json, `Content-Length: ${good.length}`, 'Content-Length: 0')],
    ['a length and chunks', head(json, `Content-Length: ${good.length}`, 'Transfer-Encoding: chunked')],
    ['a folded header', head(json, `Content-Length: ${good.length}`, 'X-A: b\r\n c')],
    ['a space before the colon', head(json, `Content-Length : ${good.length}`)],
    ['an unknown coding', head(json, 'Transfer-Encoding: xchunked')],
    ['a bare line feed', head(json, `Content-Length: ${good.length}`).replaceAll('\r\n', '\n')],
    ['a NUL in a header', head(json, `Content-Length: ${good.length}`, 'X-A: b\0c')],
    ['no method', 'garbage\r\n\r\n'],
  ])(
    'the HTTP server responds to %s with 400 and closes the connection, so that no second request is smuggled',
    async (_, bytes) => {
      const answer = await raw(`${bytes}${good}`, `${head(json, 'Content-Length: 2')}{}`);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
      expect(errorIn(answer)).toMatchObject({ code: 'BAD_REQUEST', retryable: false });
      expect(upstream.requests).toHaveLength(0);
    },
  );

  it.each([
    ['a slow head', ['POST /graphql HTTP/1.1\r\nHost: x\r\n']],
    ['a slow body', [head(json, `Content-Length: ${good.length}`), good.slice(0, 10)]],
    ['nothing at all', []],
  ])(
    'the HTTP server responds to %s with 408 and effect NONE, and closes the connection',
    async (_, parts) => {
      // REQUEST_TIMEOUT_MS ends the request: a gateway with the default still waits.
      const patient = await startTestGateway(upstreamAt(upstream.url));
      const elsewhere = rawTo(patient, ...parts).then(() => 'the patient gateway was first');
      const answer = await Promise.race([raw(...parts), elsewhere]);
      await patient.close();
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toMatch(/^retry-after: 1\r$/m);
      expect(errorIn(answer)).toMatchObject({ code: 'REQUEST_TIMEOUT', retryable: true, effect: 'NONE' });
      expect(upstream.requests).toHaveLength(0);
    },
  );

  it('the HTTP server runs queries by GET, but no mutations, and no request that a page of another origin could send', async () => {
    const get = (query: string, headers: Record<string, string> = { 'apollo-require-preflight': '1' }) =>
      fetch(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`, { headers });
    expect((await get('{ __typename }')).status).toBe(200);
    expect((await get('{ __typename }', {})).status).toBe(400);
    const mutation = await get(
      'mutation { createCustomerEvaluation(input: {eventType: LOGIN, evaluationContext: [{clientDetails: {radarSession: "r"}}]}) { idempotencyKey } }',
    );
    expect(mutation.status).toBe(405);
    expect((await fetch(`${gateway.url}/graphql`, { method: 'PUT', body: good })).status).toBe(405);
    expect(upstream.requests).toHaveLength(0);
  });

  it('the HTTP server lets pages of the exact origins read answers, and no others', async () => {
    const allowed = async (origin: string) => {
      const response = await post(good, { origin });
      const preflight = await fetch(`${gateway.url}/graphql`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      return [response, preflight].map(
        ({ headers }) => headers.get('access-control-allow-origin') === origin,
      );
    };
    expect(await allowed('https://shop.example')).toEqual([true, true]);
    const others = [
      'http://shop.example',
      'https://shop.example:444',
      'https://shop.example.evil.example',
      'null',
    ];
    for (const origin of [...others, 'https://evil-shop.example', 'https://SHOP.example']) {
      expect(await allowed(origin)).toEqual([false, false]);
    }
  });

  it.each(['/graphql', '/healthz', '/readyz', '/nowhere'])(
    'the HTTP server sends security headers for %s',
    async (path) => {
      const { headers } = await fetch(`${gateway.url}${path}`);
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    },
  );

  it('the HTTP server keeps idle connections longer than load balancers do', async () => {
    const { headers } = await fetch(`${gateway.url}/healthz`);
    expect(headers.get('keep-alive')).toBe('timeout=75');
    expect(headers.get('connection')).toBe('keep-alive');
  });
});
