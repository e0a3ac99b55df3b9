import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { readResponse, sendBytes } from '../harness/raw-request.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const shop = 'https://shop.example';
const operations = 'customer_evaluations_operation_duration_seconds_count';
const requests = 'customer_evaluations_http_requests_total';
const head = (...headers: string[]) =>
  ['POST /graphql HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...headers, '', ''].join(
    '\r\n',
  );

describe('A request that does not arrive in time', () => {
  let gateway: TestGateway;

  beforeEach(async () => {
    gateway = await startTestGateway({
      CORS_ORIGINS: `${shop},https://other.example`,
      METRICS_PORT: '0',
      REQUEST_TIMEOUT_MS: '300',
    });
  });
  afterEach(() => gateway.close());

  it.each([
    ['with a length', head('Content-Length: 100', `Origin: ${shop}`, 'X-Request-Id: late'), '{"query":'],
    [
      'in chunks',
      head('Transfer-Encoding: chunked', `Origin: ${shop}`, 'X-Request-Id: late'),
      '5\r\n{"que\r\n',
    ],
    ['with no byte of it', head('Content-Length: 100', `Origin: ${shop}`, 'X-Request-Id: late'), ''],
  ])(
    'A request whose body does not arrive in time gets a 408 with its own id, readable by its page: %s',
    async (_, ...parts) => {
      const answer = readResponse(await sendBytes(gateway.url, ...parts));
      expect(answer.status).toBe(408);
      expect(answer.headers.get('x-request-id')).toBe('late');
      expect(answer.headers.get('access-control-allow-origin')).toBe(shop);
      expect(answer.headers.get('connection')).toBe('close');
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(JSON.parse(answer.body).errors[0].extensions).toEqual({
        code: 'REQUEST_TIMEOUT',
        retryable: true,
        effect: 'NONE',
        retryAfterMs: 1_000,
        requestId: 'late',
      });
    },
  );

  it('A request that does not arrive in time is counted once: as REQUEST_TIMEOUT if its route is known, otherwise only by its status', async () => {
    await sendBytes(gateway.url, head('Content-Length: 100'), '{"query":');
    await sendBytes(gateway.url, 'POST /graphql HTTP/1.1\r\nHost: localhost\r\n');
    const samples = await scrape(metricsUrl(gateway));
    expect(sumOf(samples, operations, { outcome: 'REQUEST_TIMEOUT', fault: 'client' })).toBe(1);
    expect(sumOf(samples, operations)).toBe(1);
    expect(sumOf(samples, requests, { route: '/graphql', method: 'POST', status: '408' })).toBe(1);
    expect(sumOf(samples, requests, { route: 'none', method: 'other', status: '408' })).toBe(1);
    expect(sumOf(samples, requests)).toBe(2);
    expect(sumOf(samples, 'customer_evaluations_http_requests_in_flight')).toBe(0);
  });

  it('A request that does not arrive in time loses its connection even if its client reads nothing', async () => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname).pause();
    socket.on('error', () => undefined);
    socket.write(head('Content-Length: 100'));
    await gateway.logged(/REQUEST_TIMEOUT|request refused/);
    socket.resume();
    await new Promise((resolve) => socket.on('close', resolve));
  });
});

describe('A replica that shuts down', () => {
  it('A replica that shuts down counts its refusals as DRAINING, and not as load shedding', async () => {
    const gateway = await startTestGateway({ METRICS_PORT: '0', REQUEST_TIMEOUT_MS: '60000' });
    const { hostname, port } = new URL(gateway.url);
    // A request in flight keeps the replica alive. Its body is only completed at the end of the test.
    const body =
      '{"query":"mutation { createCustomerEvaluation(input: {eventType: LOGIN, evaluationContext: [{customerDetails: {customer: \\"cus_sandbox_delay_5000\\"}}]}) { idempotencyKey } }"}';
    const slow = connect(Number(port), hostname);
    slow.on('error', () => undefined);
    slow.write(`${head(`Content-Length: ${body.length}`)}${body}`);
    const late = connect(Number(port), hostname);
    const answer = new Promise<string>((resolve) => {
      let text = '';
      late.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      late.on('close', () => resolve(text));
      late.on('error', () => undefined);
    });
    late.write(`${head(`Content-Length: ${body.length}`)}${body.slice(0, 10)}`);
    await expect(fetch(`${gateway.url}/healthz`)).resolves.toMatchObject({ status: 200 });
    gateway.child.kill('SIGTERM');
    while ((await fetch(`${gateway.url}/readyz`).catch(() => undefined))?.status === 200);
    late.write(body.slice(10));
    expect(readResponse(await answer).status).toBe(503);
    const samples = await scrape(metricsUrl(gateway));
    expect(sumOf(samples, operations, { outcome: 'DRAINING', fault: 'gateway' })).toBe(1);
    expect(sumOf(samples, 'customer_evaluations_shed_total')).toBe(0);
    slow.destroy();
    expect(await gateway.exited).toBe(0);
  });
});
