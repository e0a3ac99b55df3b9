import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import {
  answers,
  type FaultyUpstream,
  hang,
  hold,
  reset,
  startFaultyUpstream,
  status,
} from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { canaries, personalInput } from '../harness/personal-input.ts';
import { connectRaw } from '../harness/raw-client.ts';
import { metricsUrl, type Sample, scrape, sumOf } from '../harness/scrape.ts';
import { sendUntilItWaits } from '../harness/waiting-call.ts';

const operations = 'customer_evaluations_operation_duration_seconds_count';
const attempts = 'customer_evaluations_upstream_attempt_duration_seconds_count';
const json = { 'content-type': 'application/json' };

describe('the metrics', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
  });
  afterAll(() => upstream.close());
  beforeEach(() => upstream.reset());
  afterEach(() => gateway.close());

  async function start(rest: Record<string, string> = {}): Promise<void> {
    gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        METRICS_PORT: '0',
        STRIPE_API_VERSION: '2026-06-24.preview',
        ...rest,
      }),
    );
  }
  const create = (input: object = registration()) => gateway.send(createEverything, { input });
  const read = (): Promise<Sample[]> => scrape(metricsUrl(gateway));
  const created = (outcome: string) => ({ operation: 'createCustomerEvaluation', outcome });

  it('the metrics count each operation by its root field, outcome and fault', async () => {
    await start();
    const refuse = status(400, { type: 'invalid_request_error', param: 'event_type' });
    const missing = status(404, {
      type: 'invalid_request_error',
      code: 'resource_missing',
      param: 'customer',
    });
    await create();
    await create();
    upstream.next(refuse);
    await create();
    upstream.next(missing);
    await create();
    upstream.next(status(401, { type: 'invalid_request_error' }));
    await create();
    upstream.always(status(500));
    await create();
    upstream.always();
    upstream.next(answers(evaluation({ id: 'ceval_1' }), json));
    await gateway.send('{ customerEvaluation(id: "ceval_1") { id } }');
    await gateway.send('{ _service { sdl } }');
    await gateway.send('{ __schema { queryType { name } } }');
    await gateway.send('{ a');
    await gateway.send('{ nothing }');

    const samples = await read();
    expect(sumOf(samples, operations, { ...created('OK'), fault: 'none' })).toBe(2);
    expect(sumOf(samples, operations, { ...created('BAD_USER_INPUT'), fault: 'client' })).toBe(1);
    expect(sumOf(samples, operations, { ...created('NOT_FOUND'), fault: 'client' })).toBe(1);
    expect(sumOf(samples, operations, { ...created('UPSTREAM_REFUSED'), fault: 'gateway' })).toBe(1);
    expect(sumOf(samples, operations, { ...created('UPSTREAM_UNAVAILABLE'), fault: 'upstream' })).toBe(1);
    expect(sumOf(samples, operations, { operation: 'customerEvaluation', outcome: 'OK' })).toBe(1);
    expect(sumOf(samples, operations, { operation: '_service', outcome: 'OK' })).toBe(1);
    expect(sumOf(samples, operations, { operation: 'introspection', outcome: 'OK' })).toBe(1);
    expect(sumOf(samples, operations, { operation: 'none', outcome: 'GRAPHQL_PARSE_FAILED' })).toBe(1);
    expect(sumOf(samples, operations, { operation: 'none', outcome: 'GRAPHQL_VALIDATION_FAILED' })).toBe(1);
    expect(sumOf(samples, operations)).toBe(11);
    expect(sumOf(samples, 'customer_evaluations_http_requests_total', { route: '/graphql' })).toBe(11);
    expect(sumOf(samples, 'customer_evaluations_http_requests_in_flight')).toBe(0);
    // In seconds, as the log has it in milliseconds.
    const loggedMs = (await gateway.flushed())
      .map((line) => JSON.parse(line))
      .filter(({ operationName, outcome }) => operationName === 'Create' && outcome === 'OK')
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
    const seconds = sumOf(samples, 'customer_evaluations_operation_duration_seconds_sum', created('OK'));
    expect(seconds).toBeCloseTo(loggedMs / 1000, 2);
  });

  it('the metrics count each attempt by its result, and each retry', async () => {
    await start({ UPSTREAM_TIMEOUT_MS: '1500', UPSTREAM_DEADLINE_MS: '10000' });
    upstream.next(status(500));
    await create();
    upstream.next(reset('before'), status(429));
    await create();
    upstream.next(hang);
    await create();
    upstream.next(status(418));
    await create();
    await gateway.send('{ customerEvaluation(id: "ceval_1") { id } }');

    const samples = await read();
    const results = ['200', '500', '429', 'reset', 'timeout', '4xx'];
    expect(results.map((result) => sumOf(samples, attempts, { call: 'create', result }))).toEqual([
      3, 1, 1, 1, 1, 1,
    ]);
    expect(sumOf(samples, attempts, { call: 'retrieve', result: '200' })).toBe(1);
    expect(sumOf(samples, 'customer_evaluations_upstream_retries_total', { call: 'create' })).toBe(4);
    // The reset hit a reused connection. Such a retry does not count against the budget of ten.
    expect(sumOf(samples, 'customer_evaluations_upstream_retries_left')).toBe(7);
    expect(sumOf(samples, 'customer_evaluations_upstream_calls_in_flight')).toBe(0);
    expect(sumOf(samples, 'customer_evaluations_upstream_calls_limit')).toBe(512);
  });

  it('the metrics show the circuit breaker’s state, how often it opened, and the attempts that it rejected', async () => {
    await start({ UPSTREAM_MAX_ATTEMPTS: '1' });
    const stateIn = (samples: readonly Sample[]) =>
      samples.find(({ name, value }) => name === 'customer_evaluations_upstream_breaker_state' && value === 1)
        ?.labels['state'];
    expect(stateIn(await read())).toBe('closed');
    upstream.always(status(503));
    const createMany = (length: number) => Promise.all(Array.from({ length }, () => create()));
    await createMany(10);
    // At once: a second later the breaker is half-open.
    await createMany(2);
    const samples = await read();
    expect(stateIn(samples)).toBe('open');
    expect(sumOf(samples, 'customer_evaluations_upstream_breaker_openings_total')).toBe(1);
    expect(sumOf(samples, 'customer_evaluations_upstream_breaker_refusals_total')).toBe(2);
    expect(sumOf(samples, attempts, { result: '503' })).toBe(10);
    expect(sumOf(samples, operations, created('UPSTREAM_UNAVAILABLE'))).toBe(12);
  });

  it('the metrics count requests that our own limits refuse', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '2' });
    for (let count = 0; count < 5; count += 1) await create();
    const samples = await read();
    expect(sumOf(samples, operations, created('OK'))).toBe(2);
    // They are refused before their bodies are read, so their operations are unknown.
    const refused = { operation: 'none', outcome: 'RATE_LIMITED', fault: 'client' };
    expect(sumOf(samples, operations, refused)).toBe(3);
    expect(sumOf(samples, 'customer_evaluations_rate_limited_total')).toBe(3);
  });

  it('the metrics count shed requests, and show calls in flight and waiting', async () => {
    await start({
      UPSTREAM_MAX_CONCURRENCY: '1',
      UPSTREAM_TIMEOUT_MS: '10000',
      UPSTREAM_DEADLINE_MS: '20000',
    });
    const { fault, release } = hold();
    upstream.always(fault);
    const first = create();
    while (upstream.keys.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { answer, refused } = await sendUntilItWaits(gateway, create);
    const during = await read();
    expect(sumOf(during, 'customer_evaluations_upstream_calls_in_flight')).toBe(1);
    expect(sumOf(during, 'customer_evaluations_http_requests_in_flight')).toBeGreaterThanOrEqual(1);
    expect(sumOf(during, 'customer_evaluations_upstream_calls_limit')).toBe(1);
    // Whether it still waits or has no place in the queue any more, another call is refused.
    await create();
    await answer;
    release();
    await first;
    const samples = await read();
    const shed = refused + 2;
    expect(sumOf(samples, operations, { ...created('OVERLOADED'), fault: 'gateway' })).toBe(shed);
    expect(sumOf(samples, 'customer_evaluations_shed_total', { stage: 'upstream' })).toBe(shed);
    expect(sumOf(samples, 'customer_evaluations_upstream_calls_waiting')).toBe(0);
    expect(sumOf(samples, 'customer_evaluations_shed_total', { stage: 'http' })).toBe(0);
  });

  it('the metrics count requests that never become an operation', async () => {
    await start({ MAX_BODY_BYTES: '1024', AUTH_MODE: 'router', ROUTER_SECRET: 'x'.repeat(32) });
    const secret = { 'x-router-secret': 'x'.repeat(32) };
    const post = (body: string, headers: Record<string, string>) =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
    expect((await post('{}', {})).status).toBe(401);
    expect((await post('{', secret)).status).toBe(400);
    expect((await post(' '.repeat(2000), secret)).status).toBe(413);
    expect((await post('{}', { ...secret, 'content-type': 'text/plain' })).status).toBe(415);
    expect((await fetch(`${gateway.url}/canary`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);

    const samples = await read();
    const none = (outcome: string) =>
      sumOf(samples, operations, { operation: 'none', outcome, fault: 'client' });
    expect(none('UNAUTHENTICATED')).toBe(1);
    expect(none('BAD_REQUEST')).toBe(3);
    expect(sumOf(samples, operations)).toBe(4);
    const requests = (labels: Record<string, string>) =>
      sumOf(samples, 'customer_evaluations_http_requests_total', labels);
    expect(requests({ route: '/graphql', method: 'POST', status: '413' })).toBe(1);
    expect(requests({ route: 'none', status: '404' })).toBe(1);
    expect(requests({ route: '/readyz', method: 'GET', status: '200' })).toBe(1);
  });

  it('the metrics count a client that disconnects once, when its operation has ended', async () => {
    await start({ UPSTREAM_TIMEOUT_MS: '10000', UPSTREAM_DEADLINE_MS: '20000' });
    const { fault, release } = hold();
    upstream.always(fault);
    const client = new AbortController();
    const call = fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: createEverything, variables: { input: registration() } }),
      signal: client.signal,
    });
    while (upstream.keys.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    client.abort();
    await expect(call).rejects.toThrow();
    const closed = { status: 'closed' };
    await until(read, (each) => sumOf(each, 'customer_evaluations_http_requests_total', closed) === 1);
    expect(sumOf(await read(), operations)).toBe(0);
    release();
    const samples = await until(read, (each) => sumOf(each, operations) > 0);
    expect(sumOf(samples, operations, created('OK'))).toBe(1);
    expect(sumOf(samples, operations)).toBe(1);
    expect(sumOf(samples, 'customer_evaluations_http_requests_total', { status: 'closed' })).toBe(1);
  });

  it('the metrics show scores and risk levels by event type, and unknown values from the upstream', async () => {
    await start();
    const signal = { score: 87.5, evaluated_at: 1_715_769_600, risk_level: 'highest' };
    const answer = (signals: object | null, rest: object = {}) =>
      answers(evaluation({ signals, ...rest }), json);
    upstream.next(
      answer({ multi_accounting: signal }),
      answer(null),
      answer({ multi_accounting: signal, newer: {} }),
    );
    await create();
    await create();
    await create();

    const samples = await read();
    const of = { event_type: 'REGISTRATION', signal: 'multi_accounting' };
    expect(sumOf(samples, 'customer_evaluations_signal_score_count', of)).toBe(2);
    expect(sumOf(samples, 'customer_evaluations_signal_score_bucket', { ...of, le: '80' })).toBe(0);
    expect(sumOf(samples, 'customer_evaluations_signal_score_bucket', { ...of, le: '90' })).toBe(2);
    const levels = 'customer_evaluations_signal_risk_levels_total';
    expect(sumOf(samples, levels, { ...of, risk_level: 'HIGHEST' })).toBe(2);
    expect(sumOf(samples, levels, { event_type: 'REGISTRATION', signal: 'none' })).toBe(1);
    const kind = { kind: 'unknown field signals.newer' };
    expect(sumOf(samples, 'customer_evaluations_contract_drift_total', kind)).toBe(1);
    // The next scrape reads it anew and does not add it up.
    expect(sumOf(await read(), 'customer_evaluations_contract_drift_total', kind)).toBe(1);
  });

  it('the metrics count the score of an evaluation once, however often and at once its call is repeated under its key', async () => {
    gateway = await startTestGateway({ METRICS_PORT: '0' });
    const attempt = (idempotencyKey: string, radarSession: string) =>
      create(registration({ idempotencyKey, evaluationContext: [{ clientDetails: { radarSession } }] }));
    await attempt('again', 'rse_1');
    await attempt('again', 'rse_1');
    await Promise.all([1, 2, 3].map(() => attempt('at once', 'rse_sandbox_delay_500')));
    // The first response is lost, and Stripe repeats it for the gateway's own retry.
    await attempt('lost', 'rse_sandbox_once_reset_after');
    const samples = await read();
    expect(sumOf(samples, 'customer_evaluations_signal_score_count')).toBe(3);
    expect(sumOf(samples, 'customer_evaluations_signal_risk_levels_total')).toBe(3);
  });

  it('the metrics tell signals that Stripe was still computing from none', async () => {
    gateway = await startTestGateway({ METRICS_PORT: '0', STRIPE_API: 'v2', SIGNALS_WAIT_MS: '0' });
    for (const [radarSession, customer] of [
      ['rse_1', 'cus_sandbox_pending_forever'],
      ['rse_sandbox_no_signals', 'cus_sandbox_complete_at_once'],
    ]) {
      const evaluationContext = [{ clientDetails: { radarSession } }, { customerDetails: { customer } }];
      await create({ eventType: 'LOGIN', evaluationContext });
    }
    const samples = await read();
    const count = (signal: string) =>
      sumOf(samples, 'customer_evaluations_signal_risk_levels_total', { signal });
    expect([count('pending'), count('none')]).toEqual([1, 1]);
  });

  it('the metrics have no label with a client’s or person’s text, however many requests arrive', async () => {
    await start();
    await create(personalInput);
    // Node's own metrics are left out: kinds of garbage collection appear by themselves.
    const ours = (samples: Sample[]) =>
      samples.filter(({ name }) => name.startsWith('customer_evaluations_'));
    const before = ours(await read()).length;
    for (let count = 0; count < 60; count += 1) {
      await gateway.send(`query Canary${count} { alias${count}: __typename }`);
      await gateway.send(`query Canary${count} { canary${count} }`);
      await fetch(`${gateway.url}/canary${count}`, { method: count % 2 === 0 ? 'PUT' : 'PROPFIND' });
    }
    const samples = await read();
    const text = JSON.stringify(samples);
    for (const canary of [...canaries, 'anary', 'alias']) expect(text).not.toContain(canary);
    // A few more outcomes with their buckets, but not a series for each client.
    expect(ours(samples).length - before).toBeLessThan(60);
  });

  it('the metrics show the build and the process’s state', async () => {
    await start();
    const samples = await read();
    expect(samples).toContainEqual({
      name: 'customer_evaluations_build_info',
      labels: {
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        node_version: process.versions.node,
        upstream: 'stripe',
        upstream_version: '2026-06-24.preview',
      },
      value: 1,
    });
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
      'process_cpu_seconds_total',
    ]) {
      expect(samples.map((sample) => sample.name)).toContain(name);
    }
    // A feature that is not used has no gauge, rather than one that says "down".
    for (const name of ['customer_evaluations_key_set_up', 'customer_evaluations_shared_counters_up']) {
      expect(samples.map((sample) => sample.name)).not.toContain(name);
    }
  });

  it('the metrics are served on their own port, and nowhere else', async () => {
    await start();
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404);
    const url = metricsUrl(gateway);
    expect(url).not.toContain(new URL(gateway.url).host);
    expect((await fetch(url)).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
    expect((await fetch(new URL('/graphql', url))).status).toBe(404);
  });

  it('the metrics are served 32 times on one connection, whose client may pipeline and not read', async () => {
    await start();
    const client = connectRaw({ url: metricsUrl(gateway) });
    client.socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(100));
    while (!client.isClosed()) await delay(20);
    expect(client.received().match(/HTTP\/1\.1 200/g)).toHaveLength(32);
  });

  it('the metrics count each reason for cutting a response off from 0', async () => {
    await start();
    const samples = await scrape(metricsUrl(gateway));
    for (const reason of ['timeout', 'memory', 'pipelining']) {
      expect(samples).toContainEqual({
        name: 'customer_evaluations_responses_cut_off_total',
        labels: { reason },
        value: 0,
      });
    }
  });

  it('the metrics are not served by default, and a taken port is reported', async () => {
    gateway = await startTestGateway();
    expect(() => metricsUrl(gateway)).toThrow();
    const { port } = new URL(gateway.url);
    await expect(startTestGateway({ METRICS_PORT: port })).rejects.toThrow(`Port ${port} is in use`);
  });

  it('the metrics show that the key set or the shared counters are unavailable', async () => {
    const nobody = 'http://127.0.0.1:1';
    await start({
      AUTH_MODE: 'jwt',
      JWT_JWKS_URL: nobody,
      JWT_ISSUER: 'issuer',
      JWT_AUDIENCE: 'audience',
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    const response = await gateway.send('{ __typename }', {}, { authorization: 'Bearer x.y.z' });
    expect(response.status).toBe(503);
    const samples = await read();
    const up = ['customer_evaluations_key_set_up', 'customer_evaluations_shared_counters_up'];
    expect(samples.filter(({ name }) => up.includes(name)).map(({ value }) => value)).toEqual([0, 0]);
    expect(sumOf(samples, operations, { outcome: 'IDENTITY_UNAVAILABLE', fault: 'gateway' })).toBe(1);
  });
});

function evaluation(rest: object): string {
  return JSON.stringify({ ...registrationAnswer, livemode: false, ...rest });
}

async function until<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
