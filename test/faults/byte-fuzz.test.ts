import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createEverything, registration } from '../harness/evaluations.ts';
import { containerHeap, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { connectRaw, openConnections, requestWith, residentMegabytes } from '../harness/raw-client.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

// `npm run fuzz:bytes` runs five minutes of each; otherwise each runs this many times.
const limitMs = Number(process.env['BYTE_FUZZ_MS'] ?? '0');
const untilEnough = (times: number): fc.Parameters<unknown> =>
  limitMs > 0
    ? { numRuns: 1_000_000, interruptAfterTimeLimit: limitMs, endOnFailure: true }
    : { numRuns: times, endOnFailure: true };
const good = JSON.stringify({ query: createEverything, variables: { input: registration() } });

function chunked(body: string, size: number, lines: string[] = []): string {
  const head = ['host: localhost', 'content-type: application/json', 'transfer-encoding: chunked', ...lines];
  let text = `POST /graphql HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`;
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    text += `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`;
  }
  return `${text}0\r\n\r\n`;
}

const message = fc.oneof(
  { weight: 4, arbitrary: fc.constant(requestWith(good)) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 300 }).map((size) => chunked(good, size)) },
  fc.constantFrom(
    'garbage\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\n',
    'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\n',
    'POST /graphql HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n',
    `${requestWith(good).slice(0, 120)}`,
    `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\n \r\n'.repeat(5_000)}`,
    '\0\r\n\r\n',
    '\r\n\r\n',
  ),
);

/** The bytes of one connection: messages cut into pieces with pauses, and one of several endings. */
const conversation = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 4 }),
  cuts: fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 8 }),
  pausesMs: fc.array(fc.constantFrom(0, 0, 0, 1, 5, 20), { minLength: 1, maxLength: 5 }),
  end: fc.constantFrom('wait', 'half-close', 'reset', 'hang up', 'stop reading'),
});

/** An upstream that sends its bytes in odd chunks. Its responses are correct, or broken off. */
async function startOddUpstream(): Promise<{
  server: Server;
  url: string;
  /** How many requests it has received. */
  answered: () => number;
  plan: (next: OddAnswer) => void;
}> {
  let next = wholeAnswer;
  let made = 0;
  const answer = async (socket: Socket): Promise<void> => {
    made += 1;
    const { size, pauseMs, breakAt, isChunked, extra } = next;
    const signal = { score: 1, evaluated_at: 1_700_000_000, risk_level: 'normal' };
    const evaluation = {
      id: `ceval_${made}`,
      object: 'radar.customer_evaluation',
      event_type: 'registration',
      livemode: false,
      created_at: 1_700_000_000,
      customer: null,
      events: null,
      signals: { multi_accounting: signal },
    };
    const body = JSON.stringify(evaluation);
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
    const pieces = body.match(/.{1,7}/gs) ?? [];
    const text = isChunked
      ? `${head}transfer-encoding: chunked\r\n\r\n${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`
      : `${head}content-length: ${body.length}\r\n\r\n${body}`;
    const bytes = (text + extra).slice(0, breakAt);
    for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
      socket.write(bytes.slice(at, at + size));
      if (pauseMs > 0) await delay(pauseMs);
    }
    if (breakAt !== undefined) socket.destroy();
  };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      const headEnd = received.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (headEnd < 0 || received.length < headEnd + 4 + length) return;
      received = '';
      void answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return {
    server,
    url: `http://127.0.0.1:${address.port}`,
    answered: () => made,
    plan: (planned) => {
      next = planned;
    },
  };
}

interface OddAnswer {
  readonly size: number;
  readonly pauseMs: number;
  readonly breakAt: number | undefined;
  readonly isChunked: boolean;
  /** Bytes after the response. */
  readonly extra: string;
}

const wholeAnswer: OddAnswer = { size: 1_000, pauseMs: 0, breakAt: undefined, isChunked: false, extra: '' };

const oddAnswer = fc.record({
  size: fc.integer({ min: 1, max: 400 }),
  pauseMs: fc.constantFrom(0, 0, 0, 1),
  breakAt: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined, freq: 3 }),
  isChunked: fc.boolean(),
  extra: fc.constantFrom('', '', '', 'garbage', 'HTTP/1.1 200 OK\r\n\r\n', '\r\n'),
});

describe('a gateway whose neighbours send their bytes in any way', () => {
  let upstream: Awaited<ReturnType<typeof startOddUpstream>>;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startOddUpstream();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        METRICS_PORT: '0',
        LOG_LEVEL: 'info',
        REQUEST_TIMEOUT_MS: '1000',
        RESPONSE_TIMEOUT_MS: '1000',
        UPSTREAM_TIMEOUT_MS: '800',
        UPSTREAM_DEADLINE_MS: '2000',
        UPSTREAM_MAX_ATTEMPTS: '2',
      }),
      containerHeap,
    );
  });
  afterAll(async () => {
    await gateway.close();
    upstream.server.close();
  });

  const create = () => gateway.send(createEverything, { input: registration() });

  /** Expects memory, requests in flight, calls in flight and connections to be as before, and a call to succeed. */
  async function expectBaseline(megabytesBefore: number): Promise<void> {
    upstream.plan(wholeAnswer);
    const left = async () => {
      const samples = await scrape(metricsUrl(gateway));
      const names = ['http_requests_in_flight', 'upstream_calls_in_flight', 'upstream_calls_waiting'];
      return names
        .map((name) => sumOf(samples, `customer_evaluations_${name}`))
        .concat(openConnections(gateway));
    };
    const deadline = performance.now() + 20_000;
    const isBack = async () => (await left()).every((count, index) => count <= (index === 3 ? 2 : 0));
    while (!(await isBack()) && performance.now() < deadline) await delay(200);
    expect((await left()).slice(0, 3)).toEqual([0, 0, 0]);
    expect(openConnections(gateway)).toBeLessThanOrEqual(2);
    // The circuit breaker may have to recover first.
    for (;;) {
      const answer = await gateway.send(createEverything, { input: registration() });
      if (answer.data.createCustomerEvaluation.errors.length === 0) break;
      if (performance.now() > deadline) throw new Error(answer.text);
      await delay(500);
    }
    expect(residentMegabytes(gateway) - megabytesBefore).toBeLessThan(200);
    expect((await gateway.flushed()).filter((line) => line.includes('unhandled error')).slice(0, 3)).toEqual(
      [],
    );
  }

  it(
    'a gateway answers whole requests of clients however their bytes arrive, and keeps nothing of them',
    async () => {
      await gateway.send(createEverything, { input: registration() });
      const before = residentMegabytes(gateway);
      let talks = 0;
      const talk = fc.asyncProperty(conversation, async ({ messages, cuts, pausesMs, end }) => {
        const { socket, received, isClosed } = connectRaw(gateway);
        if (end === 'stop reading') socket.pause();
        const bytes = messages.join('');
        for (let at = 0, turn = 0; at < bytes.length && !isClosed(); turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          socket.write(bytes.slice(at, at + size));
          at += size;
          const pauseMs = pausesMs[turn % pausesMs.length] ?? 0;
          if (pauseMs > 0 && turn < 20) await delay(pauseMs);
        }
        if (end === 'half-close') socket.end();
        if (end === 'reset') socket.resetAndDestroy();
        if (end === 'hang up') socket.destroy();
        const wholeFirst = messages[0]?.endsWith(good) === true;
        if (end === 'wait' && wholeFirst) {
          const until = performance.now() + 20_000;
          while (!received().includes('\r\n\r\n{') && !isClosed() && performance.now() < until)
            await delay(5);
          // The first response belongs to the first request, whatever bytes followed the request.
          expect(received()).toMatch(/^HTTP\/1\.1 (200|503) /);
        }
        socket.destroy();
        talks += 1;
      });
      await fc.assert(talk, untilEnough(300));
      expect(talks).toBeGreaterThan(20);
      await expectBaseline(before);
    },
    limitMs + 120_000,
  );

  it(
    'a gateway reads an upstream’s responses in any chunks, and keeps nothing of them',
    async () => {
      const before = residentMegabytes(gateway);
      let calls = 0;
      const call = fc.asyncProperty(oddAnswer, async (planned) => {
        upstream.plan(planned);
        const { status, data, errors } = await create();
        expect([200, 503]).toContain(status);
        const code = data?.createCustomerEvaluation?.errors[0]?.code ?? errors?.[0]?.extensions.code;
        if (code !== undefined) expect(code).toMatch(/^(UPSTREAM_\w+|OVERLOADED)$/);
        // Good ones keep the circuit breaker closed, so that each call reaches the upstream. Bytes after an earlier
        // response may still break them.
        upstream.plan(wholeAnswer);
        for (let count = 0; count < 3; count += 1) await create();
        calls += 1;
      });
      await fc.assert(call, untilEnough(400));
      expect(calls).toBeGreaterThan(20);
      expect(upstream.answered()).toBeGreaterThan(3 * calls);
      await expectBaseline(before);
    },
    limitMs + 120_000,
  );
});
