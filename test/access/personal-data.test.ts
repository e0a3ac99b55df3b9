import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog } from '../../src/telemetry/log.ts';
import { type Collector, startCollector } from '../harness/collector.ts';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, hang, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { metricsUrl } from '../harness/scrape.ts';

const canaries = {
  email: 'canary@example.com',
  name: 'Canary Bird',
  phone: '+15550100999',
  ip: '192.0.2.77',
  userAgent: 'CanaryBrowser',
  referrer: 'https://canary.example/secret',
  radarSession: 'rse_canary',
  customer: 'cus_canary',
  subject: 'canary-subject',
  key: 'canary-key',
  word: 'c4n4ry',
};

const input = {
  eventType: 'LOGIN',
  evaluationContext: [
    { clientDetails: { radarSession: canaries.radarSession } },
    {
      clientDetails: {
        data: { ip: canaries.ip, userAgent: canaries.userAgent, referrer: canaries.referrer },
      },
    },
    { customerDetails: { customer: canaries.customer } },
    {
      customerDetails: {
        customerData: { email: canaries.email, name: canaries.name, phone: canaries.phone },
      },
    },
  ],
  idempotencyKey: canaries.key,
};

describe('personal data', () => {
  let upstream: FaultyUpstream;
  let issuer: Issuer;
  let collector: Collector;
  let gateway: TestGateway;
  const answers: string[] = [];

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    issuer = await startIssuer();
    collector = await startCollector();
    gateway = await startTestGateway(
      upstreamAt(
        upstream.url,
        issuer.environment({
          STRIPE_API_VERSION: '2026-06-24.preview',
          UPSTREAM_TIMEOUT_MS: '700',
          UPSTREAM_DEADLINE_MS: '1500',
          TRUST_PROXY: 'loopback',
          METRICS_PORT: '0',
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        }),
      ),
    );
  });
  afterAll(async () => {
    // The last spans are exported during the drain.
    await gateway.close();
    expect(collector.spans.length).toBeGreaterThan(10);
    expectNone(JSON.stringify(collector.spans));
    await collector.close();
    await issuer.close();
    await upstream.close();
  });

  const expectNone = (text: string): void => {
    for (const canary of [...Object.values(canaries), 'sk_test_canary0key', 'eyJ'])
      expect(text).not.toContain(canary);
  };

  const headers = async () => ({
    authorization: `Bearer ${await issuer.token({ sub: canaries.subject, email: canaries.email })}`,
    'x-forwarded-for': canaries.ip,
    'user-agent': canaries.userAgent,
    referer: canaries.referrer,
    cookie: `session=${canaries.word}`,
  });
  const send = async (query: string, variables: object) => {
    const result = await gateway.send(query, variables, await headers());
    answers.push(result.text);
    return result;
  };

  /** In no log line or metric, and in no response except for what only the caller itself sees. */
  async function expectNoCanary(): Promise<void> {
    const log = (await gateway.flushed()).join('\n');
    expect(log).toContain('"msg":"operation"');
    expectNone(log);
    expectNone(await (await fetch(metricsUrl(gateway))).text());
    const said = answers.join('\n').replaceAll(`"idempotencyKey":"${canaries.key}"`, '');
    for (const canary of Object.values(canaries)) expect(said).not.toContain(canary);
  }

  it.each([
    ['succeeds', undefined],
    [
      'is refused by the upstream in its own words',
      status(400, {
        type: 'invalid_request_error',
        code: 'parameter_invalid',
        param: 'evaluation_context[3][customer_details][customer_data][email]',
        message: `Invalid email: ${canaries.email}`,
      }),
    ],
    [
      'is refused for its customer',
      status(404, {
        type: 'invalid_request_error',
        code: 'resource_missing',
        param: 'customer',
        message: `No such customer: ${canaries.customer}`,
      }),
    ],
    [
      'meets a key that is refused',
      status(401, { type: 'invalid_request_error', message: `Invalid API Key: sk_test_canary0key` }),
    ],
    ['meets an upstream that fails', status(500, { message: canaries.name })],
    ['meets an upstream that hangs', hang],
  ])('personal data appears in no log, trace or metric when a call %s', async (_, fault) => {
    upstream.always(fault);
    const before = upstream.keys.length;
    await send(createEverything, { input });
    expect(upstream.keys.length).toBeGreaterThan(before);
    await expectNoCanary();
  });

  it('personal data appears in no log, trace or metric when GraphQL refuses a request', async () => {
    const refused = [
      [createEverything, { input: { ...input, eventType: canaries.word } }],
      [createEverything, { input: { ...input, evaluationContext: canaries.email } }],
      [createEverything, { input: { ...input, evaluationContext: [{ clientDetails: canaries.phone }] } }],
      [createEverything, { input: canaries.name }],
      [`{ customerEvaluation(id: {a: "${canaries.email}"}) { id } }`, {}],
      [`mutation { createCustomerEvaluation(input: "${canaries.name}") { idempotencyKey } }`, {}],
      [`{ "${canaries.email}" }`, {}],
      [`{ customerEvaluation(id: "${canaries.email}\n") { id } }`, {}],
    ] as const;
    for (const [query, variables] of refused) expect((await send(query, variables)).status).toBe(400);
    await expectNoCanary();
  });

  it('personal data appears in no log, trace or metric when HTTP refuses a request', async () => {
    const body = `{"query":"${canaries.email}`;
    for (const [path, type] of [
      ['/graphql', 'application/json'],
      ['/graphql', canaries.word],
      [`/${canaries.word}?email=${canaries.email}`, 'application/json'],
    ] as const) {
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { ...(await headers()), 'content-type': type },
        body,
      });
      expect(response.status).toBeGreaterThanOrEqual(400);
      answers.push(await response.text());
    }
    await expectNoCanary();
  });

  it('personal data is redacted from every log line, also from those of libraries', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => lines.push(line) });
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl';
    const leaks = [
      canaries.email,
      canaries.phone,
      canaries.ip,
      canaries.radarSession,
      token,
      'sk_live_canary0key',
      'sk_org_live_canary0key',
      'redis://user:canary@redis.internal:6379',
      // Each matches two patterns. Redacting one must not leave a part of the other.
      'redis://user:canary@10.1.2.3:6379',
      'canary@10.1.2.3',
    ];
    for (const leak of leaks) {
      log.error(`the answer was ${leak}, so`);
      log.error({ deep: { within: [leak] } }, 'x');
      log.error(new Error(leak), 'x');
    }
    log.error({ email: 'a', variables: { b: 1 }, deep: { name: 'c' }, a: { b: { phone: 'd' } } }, 'x');
    for (const leak of [...leaks, 'canary@', token.slice(0, 30)]) expect(lines.join('')).not.toContain(leak);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      email: '[redacted]',
      variables: '[redacted]',
      deep: { name: '[redacted]' },
      a: { b: { phone: '[redacted]' } },
    });
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('a log line without personal data stays as it is', () => {
    const lines: string[] = [];
    const log = createLog('info', { write: (line) => lines.push(line) });
    log.info({ url: 'http://127.0.0.1:4000', durationMs: 12.5, requestId: 'f2-1.2' }, 'listening');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      url: 'http://127.0.0.1:4000',
      durationMs: 12.5,
      requestId: 'f2-1.2',
      msg: 'listening',
    });
  });
});
