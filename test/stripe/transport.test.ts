import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { customerEvaluationOperations } from '../../src/stripe/customer-evaluations.ts';
import { Deadline } from '../../src/stripe/http/deadline.ts';
import type { AttemptEnd } from '../../src/stripe/http/observer.ts';
import { StripeClient } from '../../src/stripe/http/stripe-client.ts';
import { Transport, TransportError } from '../../src/stripe/http/transport.ts';
import {
  answers,
  type Fault,
  type FaultyUpstream,
  hang,
  late,
  raw,
  startFaultyUpstream,
  status,
  succeed,
} from '../harness/faulty-upstream.ts';

const megabyte = 1024 * 1024;

describe('the way to the upstream', () => {
  let upstream: FaultyUpstream;
  let client: StripeClient;
  let ends: AttemptEnd[];

  const open = (timeoutMs = 3_000): void => {
    client = new StripeClient(
      {
        apiUrl: upstream.url,
        secretKey: 'sk_test_1',
        apiVersion: '2026-06-24.preview',
        account: undefined,
        timeoutMs,
        maxAttempts: 1,
        maxConcurrency: 2,
        maxPerSecond: undefined,
      },
      { userAgent: 'test/1' },
      () => undefined,
    );
  };
  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    ends = [];
    open();
  });
  afterEach(async () => {
    await upstream.close();
    await client.close();
  });

  /** The body of the response, or the code of the failure. */
  const get = (): Promise<unknown> =>
    client
      .get(
        {
          operation: customerEvaluationOperations.retrieve,
          path: '/v1/radar/customer_evaluations/ceval_1',
        },
        {
          caller: 'one',
          deadline: new Deadline(5_000),
          signal: undefined,
          observer: { attemptStarted: () => ({ ended: (end) => ends.push(end) }) },
        },
      )
      .then(
        ({ body }) => body,
        ({ code }) => code,
      );
  /** What `get` returns after this fault, and the failure that the transport noted. */
  const answered = async (fault: Fault): Promise<unknown[]> => {
    upstream.next(fault);
    return [await get(), ends.at(-1)?.error];
  };
  /** Waits until the upstream has this many connections. */
  const untilSockets = async (count: number): Promise<void> => {
    for (let tries = 0; tries < 4_000 && upstream.sockets !== count; tries += 1) await delay(5);
    expect(upstream.sockets).toBe(count);
  };

  it('the transport keeps its connection open from call to call', async () => {
    for (let count = 0; count < 5; count += 1) {
      await get();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(upstream.sockets).toBe(1);
    expect(ends.map(({ reusedConnection }) => reusedConnection)).toEqual([false, true, true, true, true]);
  });

  it('the transport gives each call a connection of its own, so that one that breaks takes no other with it', async () => {
    upstream.always(late(50));
    await Promise.all([get(), get()]);
    expect(upstream.sockets).toBe(2);
    expect(ends.map(({ reusedConnection }) => reusedConnection)).toEqual([false, false]);
  });

  it('the transport closes the connection of an aborted call, and the next one opens another', async () => {
    await client.close();
    open(1_000);
    upstream.next(hang);
    expect(await get()).toBe('UPSTREAM_TIMEOUT');
    expect(ends).toMatchObject([{ error: 'AbortError', sent: true, status: undefined }]);
    await untilSockets(0);
    upstream.always();
    await client.close();
    open();
    expect(await get()).toMatchObject({ id: 'ceval_1' });
  });

  it('the transport closes its connections when it is closed', async () => {
    await get();
    await client.close();
    await untilSockets(0);
    open();
  });

  it('the transport returns the text unchanged, wherever it was split', async () => {
    const body = Buffer.from('{"name":"é😀"}');
    const [got] = await answered(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.write(body.subarray(0, 10));
      setTimeout(() => response.write(body.subarray(10, 13)), 10);
      setTimeout(() => response.end(body.subarray(13)), 20);
    });
    expect(got).toEqual({ name: 'é😀' });
  });

  it.each([301, 302, 303, 307, 308])('the transport does not follow a %d', async (code) => {
    upstream.always(status(code, {}, { location: `${upstream.url}/elsewhere` }));
    expect(await get()).toBe('UPSTREAM_INVALID_RESPONSE');
    expect(upstream.keys).toHaveLength(1);
    expect(ends).toMatchObject([{ status: code }]);
  });

  it('the transport skips interim responses', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(3);
    const final = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
    expect(await answered(raw(interim, final))).toEqual([{}, undefined]);
  });

  const text = (length: number): string => `"${'x'.repeat(length - 2)}"`;
  const chunked =
    (length: number): Fault =>
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(text(length).slice(0, 10));
      response.end(text(length).slice(10));
    };
  it.each([
    ['declared', (length: number) => answers(text(length), { 'content-length': String(length) })],
    ['undeclared', chunked],
  ])('the transport accepts a response of a megabyte, and not a byte more: %s', async (_, bytes) => {
    expect((await answered(bytes(megabyte)))[1]).toBeUndefined();
    expect(await answered(bytes(megabyte + 1))).toEqual([
      'UPSTREAM_INVALID_RESPONSE',
      'UND_ERR_RES_EXCEEDED_MAX_SIZE',
    ]);
  });

  it('the transport accepts headers of 15 kB, and refuses 17', async () => {
    const headers = (bytes: number) =>
      Object.fromEntries(Array.from({ length: bytes / 1_000 }, (_, n) => [`x-${n}`, 'y'.repeat(990)]));
    expect(await answered(answers('{}', headers(15_000)))).toEqual([{}, undefined]);
    expect(await answered(answers('{}', headers(17_000)))).toEqual([
      'UPSTREAM_INVALID_RESPONSE',
      'UND_ERR_HEADERS_OVERFLOW',
    ]);
  });

  const statusLine = (code: number) => raw(`HTTP/1.1 ${code} Odd\r\ncontent-length: 0\r\n\r\n`);
  it('the transport refuses a status above 599', async () => {
    expect(await answered(statusLine(599))).toEqual(['UPSTREAM_UNAVAILABLE', undefined]);
    expect(await answered(statusLine(600))).toEqual(['UPSTREAM_INVALID_RESPONSE', 'HPE_INVALID_STATUS']);
  });

  it('the transport returns nothing of bytes that are not HTTP', async () => {
    const [code, word] = await answered(raw('SSH-2.0-OpenSSH_9.9\r\n'));
    expect(code).toBe('UPSTREAM_INVALID_RESPONSE');
    expect(word).toMatch(/^(HPE_|HTTPParserError$)/);
  });
});

describe('an attempt', () => {
  let upstream: FaultyUpstream;
  let transport: Transport;

  const open = (origin: string, connectTimeoutMs = 5_000): void => {
    transport = new Transport({ origin, connectTimeoutMs, maxConnections: 1 });
  };
  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    open(upstream.url);
  });
  afterEach(async () => {
    await upstream.close();
    await transport.close();
  });

  const start = () => transport.send({ method: 'GET', path: '/', headers: {}, body: null });
  const send = () => start().response.catch((error: unknown) => error);

  it('an attempt that is aborted while it waits for a connection ends at once, and is never sent', async () => {
    const release: (() => void)[] = [];
    upstream.next((victim) => release.push(() => succeed(victim)));
    const first = send();
    const second = start();
    const ended = second.response.catch((error: unknown) => error);
    for (let tries = 0; tries < 4_000 && release.length === 0; tries += 1) await delay(5);
    second.abort();
    expect(await ended).toMatchObject({ name: 'TransportError', code: 'AbortError', sent: false });
    for (const answer of release) answer();
    expect(await first).toMatchObject({ status: 200 });
    expect(await send()).toMatchObject({ status: 200 });
    expect(upstream.keys).toHaveLength(2);
    expect(second.sent).toBe(false);
  });

  it('an attempt that is aborted while its connection opens leaves the connection to the next one', async () => {
    const first = start();
    const ended = first.response.catch((error: unknown) => error);
    first.abort();
    expect(await ended).toMatchObject({ code: 'AbortError', sent: false });
    const second = start();
    expect(await second.response).toMatchObject({ status: 200 });
    const third = start();
    expect(await third.response).toMatchObject({ status: 200 });
    expect(third.reusedConnection).toBe(true);
    // The upstream has seen no other.
    expect(upstream.sockets).toBe(1);
    expect(first.sent).toBe(false);
  });

  it('an attempt ends if nobody accepts its connection', async () => {
    // Accepts connections and never starts TLS.
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await transport.close();
    open(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, 100);
    expect(await send()).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', sent: false });
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});

describe('what broke off', () => {
  it.each([
    ['UND_ERR_SOCKET', { closed: true, unreadable: false }],
    ['ECONNRESET', { closed: true, unreadable: false }],
    ['EPIPE', { closed: true, unreadable: false }],
    ['HTTPParserError', { closed: false, unreadable: true }],
    ['HPE_INVALID_CONSTANT', { closed: false, unreadable: true }],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', { closed: false, unreadable: true }],
    ['UND_ERR_HEADERS_OVERFLOW', { closed: false, unreadable: true }],
    ['ECONNREFUSED', { closed: false, unreadable: false }],
    ['AbortError', { closed: false, unreadable: false }],
    ['NO_HPE_', { closed: false, unreadable: false }],
  ])('a transport error has a code for what broke: %s', (code, { closed, unreadable }) => {
    const error = new TransportError(true, code);
    expect(error).toMatchObject({ name: 'TransportError', closed, unreadable });
    expect(error.message).toBe(`no response (${code}), the request was perhaps sent`);
    expect(new TransportError(false, code).message).toBe(`no response (${code}), the request was not sent`);
  });
});
