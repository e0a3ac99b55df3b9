import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { introspectSubgraphs, startHiveGateway } from '../federation/supergraph.ts';
import { type Collector, type ReceivedSpan, startCollector } from '../harness/collector.ts';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type FaultyUpstream, reset, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';
import { postGraphQL, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { canaries, personalInput } from '../harness/personal-input.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const traceparent = (flags = '01') => `00-${traceId}-${parentId}-${flags}`;

describe('a trace', () => {
  let upstream: FaultyUpstream;
  let collector: Collector;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
  });
  afterAll(() => upstream.close());
  beforeEach(async () => {
    upstream.reset();
    collector = await startCollector();
  });
  afterEach(() => collector.close());

  async function start(rest: Record<string, string> = {}): Promise<void> {
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...rest }),
    );
  }
  /** The spans received by the collector once the gateway has ended. The last ones are exported during the drain. */
  async function collected(): Promise<ReceivedSpan[]> {
    await gateway.close();
    return collector.spans;
  }
  const create = (headers: Record<string, string> = {}, input: object = registration()) =>
    gateway.send(createEverything, { input }, headers);
  const byName = (spans: ReceivedSpan[], name: string): ReceivedSpan => {
    const span = spans.find((each) => each.name === name);
    if (span === undefined) throw new Error(`no span ${name} among ${spans.map((each) => each.name)}`);
    return span;
  };

  it('a trace holds nothing of X-Forwarded-Proto, which a client may write', async () => {
    await start({ TRUST_PROXY: 'loopback' });
    await create({ 'x-forwarded-proto': 'jenny@example.com' });
    const spans = await collected();
    expect(byName(spans, 'POST /graphql').attributes).toMatchObject({ 'url.scheme': 'http' });
    expect(JSON.stringify(spans)).not.toContain('jenny');
  });

  it('a trace has a span for the request, one for its operation and one for each attempt, by the semantic conventions', async () => {
    await start();
    upstream.next(status(500));
    await create();
    const spans = await collected();
    expect(spans).toHaveLength(4);
    const server = byName(spans, 'POST /graphql');
    const operation = byName(spans, 'mutation');
    const [first, second] = spans.filter(({ kind }) => kind === 'CLIENT');
    expect(server).toMatchObject({
      kind: 'SERVER',
      parentSpanId: '',
      status: 'UNSET',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/graphql',
        'url.path': '/graphql',
        'url.scheme': 'http',
        'http.response.status_code': 200,
      },
      resource: {
        'service.name': 'customer-evaluations-gateway',
        'service.version': expect.stringMatching(/^\d/),
        'service.instance.id': expect.any(String),
        'telemetry.sdk.language': 'nodejs',
      },
    });
    expect(operation).toMatchObject({
      kind: 'INTERNAL',
      parentSpanId: server.spanId,
      status: 'UNSET',
      attributes: {
        'graphql.operation.type': 'mutation',
        'graphql.operation.name': 'Create',
        'customer_evaluations.outcome': 'OK',
      },
    });
    const call = {
      name: 'POST /v1/radar/customer_evaluations',
      parentSpanId: operation.spanId,
      attributes: {
        'http.request.method': 'POST',
        'url.template': '/v1/radar/customer_evaluations',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(upstream.url).port),
        'http.response.header.request-id': ['req_faulty'],
      },
    };
    expect(first).toMatchObject({ ...call, status: 'ERROR' });
    expect(first?.attributes).toMatchObject({ 'http.response.status_code': 500, 'error.type': '500' });
    expect(first?.attributes).not.toHaveProperty(['http.request.resend_count']);
    expect(second).toMatchObject({ ...call, status: 'UNSET' });
    expect(second?.attributes).toMatchObject({
      'http.response.status_code': 200,
      'http.request.resend_count': 1,
    });
    // Each span lies within its parent, and the attempts follow one another.
    expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
    expect(first?.endMs).toBeLessThanOrEqual(second?.startMs ?? 0);
    expect(operation.startMs).toBeGreaterThanOrEqual(server.startMs);
    expect(operation.endMs).toBeLessThanOrEqual(server.endMs);
  });

  it('a trace says why something failed', async () => {
    await start({ UPSTREAM_MAX_ATTEMPTS: '1' });
    upstream.always(reset('before'));
    await create();
    await gateway.send('{ nothing }');
    const spans = await collected();
    const attempt = spans.find(({ kind }) => kind === 'CLIENT');
    expect(attempt).toMatchObject({
      status: 'ERROR',
      attributes: { 'error.type': expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/) },
    });
    expect(byName(spans, 'mutation')).toMatchObject({
      status: 'ERROR',
      attributes: { 'error.type': 'UPSTREAM_UNAVAILABLE' },
    });
    expect(byName(spans, 'operation').attributes).toMatchObject({
      'error.type': 'GRAPHQL_VALIDATION_FAILED',
    });
  });

  it('a trace continues its client’s, and the request’s log lines have its id', async () => {
    await start();
    await create({ traceparent: traceparent(), tracestate: 'vendor=1' });
    const spans = await collected();
    expect(byName(spans, 'POST /graphql')).toMatchObject({
      traceId,
      parentSpanId: parentId,
      traceState: 'vendor=1',
    });
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const lines = gateway.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'operation');
    expect(lines).toMatchObject([{ trace_id: traceId, span_id: byName(spans, 'POST /graphql').spanId }]);
  });

  it('a trace is not kept if its client decides so', async () => {
    await start();
    await create({ traceparent: traceparent('00') });
    expect(await collected()).toEqual([]);
  });

  it.each([
    { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: '1', kept: true },
    { OTEL_TRACES_SAMPLER: 'always_off', OTEL_TRACES_SAMPLER_ARG: '1', kept: false },
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0', kept: false },
    { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0', kept: false },
    { OTEL_TRACES_SAMPLER: 'parentbased_always_off', OTEL_TRACES_SAMPLER_ARG: '1', kept: false },
  ])('a trace is kept as the sampler decides: %j', async ({ kept, ...sampler }) => {
    await start(sampler);
    await create();
    expect((await collected()).length > 0).toBe(kept);
  });

  it('a trace is exported according to the standard OTEL variables', async () => {
    await start({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a%20b,x-other=c',
      OTEL_SERVICE_NAME: 'evaluations',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=overridden',
    });
    await create();
    const [span] = await collected();
    expect(collector.requests[0]).toMatchObject({
      path: '/own/path',
      headers: { 'x-token': 'a b', 'x-other': 'c', 'content-type': 'application/x-protobuf' },
    });
    expect(span?.resource).toMatchObject({
      'service.name': 'evaluations',
      'deployment.environment.name': 'test',
    });
  });

  it('a trace is exported with the headers for traces alone, and its collector’s path is not logged', async () => {
    await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/canary`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-token=a',
    });
    await create();
    await collected();
    const [request] = collector.requests;
    expect(request).toMatchObject({ path: '/canary/v1/traces', headers: { 'x-token': 'a' } });
    expect(request?.headers).not.toHaveProperty('authorization');
    expect(`${gateway.log.join('\n')}${gateway.told()}`).not.toContain('canary');
  });

  it('a trace holds no personal data, and is not made of health checks', async () => {
    await start({ STRIPE_API_VERSION: '2026-06-24.preview' });
    const headers = { 'user-agent': 'CanaryBrowser', cookie: 'canary', referer: 'https://canary.example' };
    await create(headers, personalInput);
    await gateway.send('{ customerEvaluation(id: "ceval_canary") { id } }', {}, headers);
    await fetch(`${gateway.url}/healthz`);
    await fetch(`${gateway.url}/graphql?query=%7B__typename%7D&email=canary@example.com`, {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    const spans = await collected();
    expect(spans.map(({ name }) => name)).toContain('GET /v1/radar/customer_evaluations/{id}');
    expect(spans.filter(({ kind }) => kind === 'SERVER')).toHaveLength(3);
    const bytes = Buffer.concat(collector.requests.map(({ body }) => body)).toString('latin1');
    for (const canary of [...canaries, 'anary']) expect(bytes).not.toContain(canary);
  });

  it('a trace ends at this gateway, and is not propagated to Stripe', async () => {
    const recording: RecordingUpstream = await startRecordingUpstream();
    recording.answer(200, {});
    await start(upstreamAt(recording.url));
    await create({ traceparent: traceparent(), tracestate: 'vendor=1', baggage: 'user=canary' });
    await collected();
    expect(recording.requests).toHaveLength(1);
    const told = JSON.stringify(recording.requests);
    for (const word of ['traceparent', 'tracestate', 'baggage', traceId]) expect(told).not.toContain(word);
    await recording.close();
  });

  it('a trace passes from a client through a router', async () => {
    await start();
    const subgraphs = await introspectSubgraphs({ evaluations: { url: gateway.url, close: gateway.close } });
    const router = await startHiveGateway(subgraphs);
    await postGraphQL(
      router.url,
      createEverything,
      { input: registration() },
      { traceparent: traceparent() },
    );
    await router.close();
    const spans = (await collected()).filter((span) => span.traceId === traceId);
    const server = byName(spans, 'POST /graphql');
    const operation = byName(spans, 'mutation');
    expect(server.parentSpanId).toMatch(/^[\da-f]{16}$/);
    expect(operation.parentSpanId).toBe(server.spanId);
    expect(byName(spans, 'POST /v1/radar/customer_evaluations').parentSpanId).toBe(operation.spanId);
  });
});

describe('a collector', () => {
  it.each(['is down', 'never answers'])(
    'a collector that %s affects neither callers nor the shutdown',
    async (how) => {
      const sockets: { destroy(): void }[] = [];
      const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      if (how === 'is down') await new Promise((resolve) => server.close(resolve));
      const gateway = await startTestGateway({
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
        METRICS_PORT: '0',
      });
      const calls = Array.from({ length: 50 }, () =>
        gateway.send(createEverything, { input: registration() }),
      );
      for (const { data } of await Promise.all(calls))
        expect(data.createCustomerEvaluation.errors).toEqual([]);
      const samples = await scrape(metricsUrl(gateway));
      expect(sumOf(samples, 'customer_evaluations_trace_spans_total', { result: 'exported' })).toBe(0);
      // Rejects if the drain had to be cut off.
      await gateway.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  );
});
