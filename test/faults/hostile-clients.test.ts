import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type FaultyUpstream, late, startFaultyUpstream, succeed } from '../harness/faulty-upstream.ts';
import { containerHeap, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import {
  connectRaw,
  headOf,
  oneByteChunks,
  openConnections,
  peakMegabytes,
  type RawClient,
  requestWith,
} from '../harness/raw-client.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';
import { sharedGateways } from '../harness/shared-gateways.ts';

describe('when clients are hostile', () => {
  let upstream: FaultyUpstream;
  const gateways: TestGateway[] = [];
  const clients: RawClient[] = [];

  const settings = (environment: Record<string, string>): Record<string, string> =>
    upstreamAt(upstream.url, { METRICS_PORT: '0', LOG_LEVEL: 'info', ...environment });
  const shared = sharedGateways(containerHeap);
  const gatewayWith = (environment: Record<string, string> = {}): Promise<TestGateway> =>
    shared(settings(environment));

  /** A gateway whose heap no other test has filled. */
  async function newGatewayWith(environment: Record<string, string> = {}): Promise<TestGateway> {
    const gateway = await startTestGateway(settings(environment), containerHeap);
    gateways.push(gateway);
    return gateway;
  }

  function open(gateway: TestGateway): RawClient {
    const client = connectRaw(gateway);
    clients.push(client);
    return client;
  }

  /** Expects that nothing else is in flight, and that a call is answered. */
  async function expectAsBefore(gateway: TestGateway, headers: Record<string, string> = {}): Promise<void> {
    for (const { socket } of clients.splice(0)) socket.destroy();
    const answer = await gateway.send(createEverything, { input: registration() }, headers);
    expect(answer.data.createCustomerEvaluation.errors).toEqual([]);
    const inFlight = async () =>
      sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_http_requests_in_flight');
    while ((await inFlight()) > 0) await delay(20);
    // At most the connection that fetch keeps alive.
    while (openConnections(gateway) > 2) await delay(20);
  }

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
  });
  beforeEach(() => upstream.reset());
  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy();
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  });
  afterAll(() => upstream.close());

  const mutation = JSON.stringify({ query: createEverything, variables: { input: registration() } });

  describe('a body in one-byte chunks', () => {
    it('a body in one-byte chunks costs no more memory than its bytes, over a hundred connections, and is refused', async () => {
      const gateway = await newGatewayWith();
      const before = await peakMegabytes(gateway, async () => undefined);
      const peak = await peakMegabytes(gateway, async () => {
        const sent = Array.from({ length: 100 }, () => open(gateway));
        for (const { socket } of sent) {
          socket.write(headOf(['transfer-encoding: chunked']));
          socket.write(oneByteChunks(65_000));
        }
        for (const client of sent) {
          const answer = await client.until(/BAD_REQUEST/);
          expect(answer).toMatch(/^HTTP\/1\.1 400 .*too many small chunks.*"effect":"NONE"/s);
          expect(answer).toMatch(/connection: close/i);
        }
      });
      // It once took 500 MB for forty connections, and a hundred ended the process.
      expect(peak - before).toBeLessThan(150);
      await expectAsBefore(gateway);
    });

    it('a body in one-byte chunks takes almost no memory while its request waits for the process', async () => {
      const gateway = await newGatewayWith({ UPSTREAM_MAX_CONCURRENCY: '1' });
      const before = await peakMegabytes(gateway, async () => undefined);
      const peak = await peakMegabytes(gateway, async () => {
        for (let count = 0; count < 200; count += 1) {
          // None of its requests is ever complete.
          open(gateway).socket.write(
            Buffer.concat([Buffer.from(headOf(['transfer-encoding: chunked'])), oneByteChunks(4_000)]),
          );
        }
        await delay(2_000);
      });
      expect(peak - before).toBeLessThan(150);
      await expectAsBefore(gateway);
    });

    it('a body in chunks of any size is accepted if they are few', async () => {
      const gateway = await gatewayWith();
      const client = open(gateway);
      client.socket.write(headOf(['transfer-encoding: chunked']));
      for (const character of mutation) {
        const bytes = Buffer.from(character);
        client.socket.write(`${bytes.length.toString(16)};a=b\r\n`);
        client.socket.write(bytes);
        client.socket.write('\r\n');
      }
      client.socket.write('0\r\nx-trailer: 1\r\n\r\n');
      expect(await client.until(/"errors":\[\]/)).toMatch(/^HTTP\/1\.1 200 .*ceval_1/s);
    });
  });

  it('a request with an unknown Expect gives back the memory of its body', async () => {
    const gateway = await gatewayWith();
    const request = requestWith(' '.repeat(60_000), ['expect: x']);
    // Together more than all bodies may take.
    for (let count = 0; count < 700; count += 1) {
      const client = connectRaw(gateway);
      client.socket.write(request);
      await client.until(/^HTTP\/1\.1 417 /);
      client.socket.destroy();
    }
    await expectAsBefore(gateway);
  });

  it('the gateway gives back the memory of refused requests behind a slow one on the same connection', async () => {
    const gateway = await gatewayWith({ UPSTREAM_TIMEOUT_MS: '60000', UPSTREAM_DEADLINE_MS: '60000' });
    let hold = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      hold = resolve;
    });
    const heads = Array.from({ length: 30 }, () => {
      upstream.next((victim) => void held.then(() => succeed(victim)));
      const client = open(gateway);
      client.socket.write(requestWith(mutation));
      return client;
    });
    while (upstream.keys.length < heads.length) await delay(10);
    const refused = requestWith(' '.repeat(60_000)).replace('/graphql', '/graphql#x');
    // No more than a connection may pipeline.
    for (let count = 0; count < 30; count += 1) {
      for (const { socket } of heads) socket.write(refused);
      await delay(10);
    }
    const answer = await gateway.send(createEverything, { input: registration() });
    expect(answer.data.createCustomerEvaluation.errors).toEqual([]);
    hold();
    for (const client of heads) await client.until(/"errors":\[\]/);
    await expectAsBefore(gateway);
  });

  it('a request with an unknown Expect is answered once, even if its body never ends', async () => {
    const gateway = await gatewayWith({ REQUEST_TIMEOUT_MS: '300' });
    const client = open(gateway);
    client.socket.write(`${headOf(['content-length: 100', 'expect: x'])}0123456789`);
    while (!client.isClosed()) await delay(20);
    expect(client.received().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 417']);
    await expectAsBefore(gateway);
  });

  it('the gateway refuses a request with too many header fields', async () => {
    const gateway = await gatewayWith();
    const lines = Array.from({ length: 200 }, (_, index) => `a${index}: 1`);
    const client = open(gateway);
    client.socket.write(requestWith(mutation, lines));
    expect(await client.until(/"effect":"NONE"/)).toMatch(/^HTTP\/1\.1 431 /);
    expect(upstream.effects).toBe(0);
    await expectAsBefore(gateway);
  });

  it('the gateway sheds bodies that take too much memory together, even while they are read', async () => {
    const gateway = await newGatewayWith({ MAX_BODY_BYTES: '8000000' });
    const before = await peakMegabytes(gateway, async () => undefined);
    const half = Buffer.alloc(4_000_000, ' ');
    const peak = await peakMegabytes(gateway, async () => {
      const sent = Array.from({ length: 300 }, () => open(gateway));
      for (const { socket } of sent) {
        socket.write(headOf(['content-length: 7999999']));
        socket.write(half);
      }
      while (!sent.some((client) => client.received().includes('OVERLOADED'))) await delay(20);
      await delay(500);
    });
    // They send 1,200 MB.
    expect(peak - before).toBeLessThan(400);
    await expectAsBefore(gateway);
  });

  it('the gateway refuses the bodies that have been arriving for the longest in favour of one that comes at once', async () => {
    const gateway = await gatewayWith({ MAX_BODY_BYTES: '8000000' });
    const stalled = Array.from({ length: 40 }, () => open(gateway));
    for (const { socket } of stalled) {
      socket.write(headOf(['content-length: 7999999']) + ' '.repeat(4_000_000));
      await delay(20);
    }
    const refused = () => stalled.map((client) => client.received().includes('OVERLOADED'));
    while (!refused().includes(true)) await delay(20);
    const client = open(gateway);
    client.socket.write(requestWith(mutation.padEnd(7_999_999)));
    expect(await client.until(/"errors":\[\]/)).toMatch(/^HTTP\/1\.1 200 .*ceval_1/s);
    // In the order in which they began.
    expect(refused().lastIndexOf(true)).toBe(refused().indexOf(false) - 1);
    await expectAsBefore(gateway);
  });

  describe('bytes behind a mutation that is under way', () => {
    it.each([
      ['garbage', 'garbage\r\n\r\n'],
      ['a request whose length is no number', headOf(['content-length: x'])],
      ['a request with two lengths', headOf(['content-length: 1', 'content-length: 2'])],
      ['headers beyond any limit', `GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(20_000)}\r\n\r\n`],
      ['a request for a tunnel', 'CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n'],
      ['a chunk that is none', `${headOf(['transfer-encoding: chunked'])}zz\r\n`],
    ])(
      'bytes after a mutation in progress do not replace its own response, and then the connection is closed: %s',
      async (_, bytes) => {
        const gateway = await gatewayWith();
        upstream.next(late(300));
        const client = open(gateway);
        client.socket.write(requestWith(mutation));
        while (upstream.keys.length === 0) await delay(5);
        client.socket.write(bytes);
        const answer = await client.until(/"errors":\[\]/);
        expect(answer).toMatch(/^HTTP\/1\.1 200 .*ceval_1/s);
        expect(answer).not.toContain('effect');
        while (!client.isClosed()) await delay(20);
        expect(client.received().match(/HTTP\/1\.1/g)).toHaveLength(1);
        expect(upstream.effects).toBe(1);
        await expectAsBefore(gateway);
      },
    );

    it('bytes after mutations in progress do not replace the responses of several pipelined ones, in order', async () => {
      const gateway = await gatewayWith();
      upstream.always(late(300));
      const client = open(gateway);
      client.socket.write(requestWith(mutation) + requestWith(mutation));
      while (upstream.keys.length < 2) await delay(5);
      client.socket.write('garbage\r\n\r\n');
      while (!client.isClosed()) await delay(20);
      expect(client.received().match(/HTTP\/1\.1 200/g)).toHaveLength(2);
      expect(client.received()).not.toContain('BAD_REQUEST');
      expect(upstream.effects).toBe(2);
    });

    it('bytes after a mutation in progress do not replace its own response when they time out: half of a next request', async () => {
      const gateway = await gatewayWith({ REQUEST_TIMEOUT_MS: '300' });
      upstream.next(late(2_500));
      const client = open(gateway);
      client.socket.write(requestWith(mutation));
      while (upstream.keys.length === 0) await delay(5);
      client.socket.write('POST /graphql HTTP/1.1\r\nhost: loc');
      expect(await client.until(/"errors":\[\]/)).toMatch(/^HTTP\/1\.1 200 .*ceval_1/s);
      expect(client.received()).not.toContain('REQUEST_TIMEOUT');
      while (!client.isClosed()) await delay(20);
      expect(upstream.effects).toBe(1);
    });

    it('bytes that are not JSON, in a complete body, do not end the connection of the mutation behind them', async () => {
      const gateway = await gatewayWith();
      const client = open(gateway);
      client.socket.write(requestWith('{"query":') + requestWith(mutation));
      await client.until(/"errors":\[\]/);
      expect(client.received().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
      expect(client.received()).not.toMatch(/connection: close/i);
    });

    it('bytes that are not a request are answered if nothing is in progress', async () => {
      const gateway = await gatewayWith();
      const client = open(gateway);
      client.socket.write(requestWith(mutation));
      await client.until(/"errors":\[\]/);
      client.socket.write('garbage\r\n\r\n');
      expect(await client.until(/BAD_REQUEST/)).toMatch(/HTTP\/1\.1 400 .*"effect":"NONE"/s);
    });

    it('bytes of a request that was refused by its headers get no second response', async () => {
      const gateway = await gatewayWith({ REQUEST_TIMEOUT_MS: '300' });
      const client = open(gateway);
      client.socket.write(
        'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\n{',
      );
      await client.until(/415/);
      while (!client.isClosed()) await delay(20);
      expect(client.received().match(/HTTP\/1\.1/g)).toHaveLength(1);
    });
  });

  it.each([
    ['router', { AUTH_MODE: 'router', ROUTER_SECRET: 's'.repeat(32) }],
    [
      'jwt',
      {
        AUTH_MODE: 'jwt',
        JWT_JWKS_URL: 'http://127.0.0.1:9/keys',
        JWT_ISSUER: 'https://issuer.example',
        JWT_AUDIENCE: 'gateway',
      },
    ],
  ])('the gateway reads no body of an unauthenticated caller: with AUTH_MODE=%s', async (_, environment) => {
    const gateway = await gatewayWith(environment);
    const client = open(gateway);
    client.socket.write(headOf(['transfer-encoding: chunked']));
    let sent = 0;
    // Until the gateway stops reading. If it read on, an unauthenticated caller could send for ten seconds.
    while (!client.isClosed() && sent < 50_000_000) {
      if (client.socket.writableLength < 1_000_000)
        sent += client.socket.write(oneByteChunks(10_000)) ? 0 : 60_000;
      await delay(5);
    }
    expect(client.received()).toMatch(/^HTTP\/1\.1 (401|503) .*connection: close/is);
    // The rest is in the buffers of the kernel.
    expect(client.socket.bytesWritten).toBeLessThan(12_000_000);
    while (openConnections(gateway) > 1) await delay(20);
  });
});
