import { readdirSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sandboxCases } from '../../src/sandbox/cases.ts';
import { Sandbox, sandboxKey } from '../../src/sandbox/sandbox.ts';
import { createEverything, registration } from '../harness/evaluations.ts';
import { containerHeap, startTestGateway, type TestGateway } from '../harness/gateway.ts';
import {
  connectRaw,
  openConnections,
  peakMegabytes,
  type RawClient,
  requestWith,
} from '../harness/raw-client.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const assets = 'dist/pages/assets';
const [largest] = readdirSync(assets).sort(
  (a, b) => statSync(`${assets}/${b}`).size - statSync(`${assets}/${a}`).size,
);

const longName = (index: number): string => `a${index}${'x'.repeat(600)}`;
const manyNames = (fields: string, count = 18): string =>
  Array.from({ length: count }, (_, index) => `${longName(index)}: ${fields}`).join(' ');

/** Each response about the sandbox's example then has a hundred events. */
async function report101Times(gateway: TestGateway): Promise<void> {
  for (let count = 0; count < 101; count += 1) {
    await gateway.send(
      'mutation { reportCustomerEvaluation(input: { id: "ceval_example", report: { loginSucceeded: OCCURRED } }) { errors { code } } }',
    );
  }
}

describe('when clients ask for large answers, or do not read them', () => {
  const gateways: TestGateway[] = [];
  const clients: RawClient[] = [];

  async function gatewayWith(environment: Record<string, string> = {}): Promise<TestGateway> {
    const gateway = await startTestGateway(
      {
        METRICS_PORT: '0',
        LOG_LEVEL: 'info',
        // Reports of events append to the evaluation, so its responses grow.
        STRIPE_API_VERSION: '2026-03-04.preview',
        ...environment,
      },
      containerHeap,
    );
    gateways.push(gateway);
    return gateway;
  }

  function open(gateway: { url: string }): RawClient {
    const client = connectRaw(gateway);
    clients.push(client);
    return client;
  }

  const cutOff = async (gateway: TestGateway, reason: string): Promise<number> =>
    sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_responses_cut_off_total', { reason });

  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy();
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  });

  it('the gateway reports the first twenty of a thousand problems of an input', async () => {
    const gateway = await gatewayWith();
    const evaluationContext = Array.from({ length: 1_250 }, () => ({ clientDetails: { radarSession: '' } }));
    const query = `mutation($input: CreateCustomerEvaluationInput!) {
      createCustomerEvaluation(input: $input) { errors { message } ${manyNames('errors { message }')} }
    }`;
    const { data, text } = await gateway.send(query, { input: { eventType: 'LOGIN', evaluationContext } });
    expect(data.createCustomerEvaluation.errors).toHaveLength(20);
    // It once was three megabytes.
    expect(text.length).toBeLessThan(100_000);
  });

  it('the gateway refuses a response that is too large, and says which mutations may have happened', async () => {
    const gateway = await gatewayWith();
    await report101Times(gateway);
    const query = `mutation($input: CreateCustomerEvaluationInput!) {
      one: createCustomerEvaluation(input: $input) { errors { code } }
      two: reportCustomerEvaluation(input: { id: "ceval_example", report: { loginSucceeded: OCCURRED }, idempotencyKey: "mine" }) {
        customerEvaluation { events { ${manyNames('type')} } }
      }
    }`;
    const answer = await gateway.send(query, { input: { ...registration(), idempotencyKey: 'also-mine' } });
    expect(answer.status).toBe(200);
    expect(answer.text.length).toBeLessThan(1_000);
    expect(answer.errors).toMatchObject([
      {
        message: expect.stringContaining('larger than this gateway sends'),
        extensions: {
          code: 'BAD_USER_INPUT',
          retryable: false,
          effect: 'UNKNOWN',
          idempotencyKeys: ['also-mine', 'mine'],
        },
      },
    ]);
  });

  it('the gateway cuts off a client that does not read in time, counts it, and serves the others', async () => {
    const gateway = await gatewayWith({ RESPONSE_TIMEOUT_MS: '500' });
    const stalled = Array.from({ length: 20 }, () => open(gateway));
    for (const { socket } of stalled) {
      socket.pause();
      // More than the kernel buffers for a reader.
      socket.write(`GET /assets/${largest} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(8));
    }
    while ((await cutOff(gateway, 'timeout')) < 20) await delay(50);
    while (openConnections(gateway) > 1) await delay(50);
    const answer = await gateway.send(createEverything, { input: registration() });
    expect(answer.data.createCustomerEvaluation.errors).toEqual([]);
  });

  it('the gateway holds unread responses only within its share of memory', async () => {
    const gateway = await gatewayWith();
    await report101Times(gateway);
    const query = `mutation {
      reportCustomerEvaluation(input: { id: "ceval_example", report: { loginSucceeded: OCCURRED } }) {
        customerEvaluation { events { ${manyNames('type', 14)} } }
      }
    }`;
    const request = requestWith(JSON.stringify({ query }));
    const before = await peakMegabytes(gateway, async () => undefined);
    const peak = await peakMegabytes(gateway, async () => {
      for (let count = 0; count < 80; count += 1) {
        const { socket } = open(gateway);
        socket.pause();
        // More than the kernel buffers for a reader.
        socket.write(request.repeat(8));
        await delay(20);
      }
      while ((await cutOff(gateway, 'memory')) < 5) await delay(50);
      await delay(500);
    });
    expect(peak - before).toBeLessThan(250);
    const answer = await gateway.send(createEverything, { input: registration() });
    expect(answer.data.createCustomerEvaluation.errors).toEqual([]);
    for (const { socket } of clients.splice(0)) socket.destroy();
    const inFlight = async () =>
      sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_http_requests_in_flight');
    while ((await inFlight()) > 0) await delay(50);
  });

  it.each([
    { of: 'probes', request: 'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n' },
    { of: 'refusals', request: 'GET / HTTP/1.1\r\n\r\n' },
    { of: 'refused expectations', request: 'GET / HTTP/1.1\r\nhost: localhost\r\nexpect: x\r\n\r\n' },
  ])('the gateway disconnects a client that pipelines requests without reading: $of', async ({ request }) => {
    const gateway = await gatewayWith();
    // Without the limit, these forty fill the heap of a container.
    const flood = request.repeat(1_500_000 / request.length);
    for (let count = 0; count < 40; count += 1) {
      const { socket } = open(gateway);
      socket.pause();
      socket.write(flood);
    }
    while ((await cutOff(gateway, 'pipelining')) < 40) await delay(50);
    while (openConnections(gateway) > 0) await delay(50);
    const answer = await gateway.send(createEverything, { input: registration() });
    expect(answer.data.createCustomerEvaluation.errors).toEqual([]);
  });

  it('the gateway serves a client that pipelines as many requests as Firefox did', async () => {
    const client = open(await gatewayWith());
    client.socket.write('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(32));
    while (client.received().split('{"status":"up"}').length <= 32) await delay(20);
  });

  /** Makes calls with many results, each of which has histograms: 32 responses then exceed a socket's buffers. */
  async function growMetrics(gateway: TestGateway): Promise<void> {
    for (const query of ['{ __typename }', '{ _service { sdl } }', '{ __schema { queryType { name } } }'])
      await gateway.send(query);
    for (const { word } of sandboxCases.v1.filter(({ word: each }) =>
      /^(error|missing|highest)/.test(each),
    )) {
      const id = `ceval_sandbox_${word}`;
      await Promise.all([
        gateway.send('{ customerEvaluation(id: "ceval_example") { id } }'),
        gateway.send('query ($id: ID!) { customerEvaluation(id: $id) { id } }', { id }),
        gateway.send('query ($id: ID!) { customerEvaluation(id: $id) { id } _service { sdl } }', { id }),
        gateway.send(
          'query ($id: ID!) { _entities(representations: [{ __typename: "CustomerEvaluation", id: $id }]) { __typename } }',
          { id },
        ),
        gateway.send(
          'mutation ($id: ID!) { reportCustomerEvaluation(input: { id: $id, report: { loginSucceeded: OCCURRED } }) { idempotencyKey } }',
          { id },
        ),
        gateway.send(createEverything, {
          input: registration({
            evaluationContext: [{ customerDetails: { customer: `cus_sandbox_${word}` } }],
          }),
        }),
      ]);
    }
  }

  it('the gateway also cuts off a client that does not read the metrics', async () => {
    const gateway = await gatewayWith({
      RESPONSE_TIMEOUT_MS: '500',
      STRIPE_API_VERSION: '2026-06-24.preview',
    });
    await growMetrics(gateway);
    const { length } = await (await fetch(metricsUrl(gateway))).text();
    // Linux buffers 4 MB for the sender (`tcp_wmem`), and a little for the reader.
    expect(32 * length).toBeGreaterThan(4_500_000);
    const { socket } = open({ url: metricsUrl(gateway) });
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(500));
    while ((await cutOff(gateway, 'timeout')) === 0) await delay(50);
  });

  it('the gateway closes the connection of a client that asks for a tunnel and sends nothing more', async () => {
    const gateway = await gatewayWith();
    const client = open(gateway);
    client.socket.allowHalfOpen = true;
    client.socket.write('CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n');
    await client.until(/405/);
    while (openConnections(gateway) > 0) await delay(50);
  });

  it('the gateway ends in time although a client asked for a tunnel behind a response that it does not read', async () => {
    const gateway = await gatewayWith({ RESPONSE_TIMEOUT_MS: '600000' });
    const { socket } = open(gateway);
    socket.pause();
    const asset = `GET /assets/${largest} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    socket.write(`${asset.repeat(8)}CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n`);
    while (openConnections(gateway) === 0) await delay(20);
    await delay(300);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });
});

describe('the sandbox', () => {
  it('the sandbox keeps the last hundred reports of an evaluation, however many come', async () => {
    const sandbox = new Sandbox();
    const url = await sandbox.listen('127.0.0.1', 0);
    try {
      let events: unknown[] = [];
      for (let count = 0; count < 130; count += 1) {
        const response = await fetch(`${url}/v1/radar/customer_evaluations/ceval_example/report`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${sandboxKey}`,
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: 'type=login_success',
        });
        ({ events } = (await response.json()) as { events: unknown[] });
      }
      expect(events).toHaveLength(100);
    } finally {
      await sandbox.close();
    }
  });
});
