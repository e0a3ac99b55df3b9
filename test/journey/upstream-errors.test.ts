import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const session = 'evaluation_context[0][client_details][radar_session]';
const sessionPath = ['input', 'evaluationContext', '0', 'clientDetails', 'radarSession'];
const invalid = 'invalid_request_error';

let upstream: RecordingUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  // One attempt for each call: with retries, the circuit breaker may open.
  gateway = await startTestGateway(upstreamAt(upstream.url, { UPSTREAM_MAX_ATTEMPTS: '1' }));
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(async () => {
  upstream.requests.length = 0;
  (await gateway.flushed()).length = 0;
});

describe('a refusal of the upstream', () => {
  it.each<{
    what: string;
    status: number;
    error: Record<string, unknown>;
    headers?: Record<string, string>;
    code: string;
    path?: string[];
    effect?: 'NONE' | 'UNKNOWN';
    retryable?: boolean;
    logged?: 'warn' | 'error';
  }>([
    {
      what: 'of a field',
      status: 400,
      error: { type: invalid, code: 'parameter_invalid_string', param: session },
      code: 'BAD_USER_INPUT',
      path: sessionPath,
    },
    {
      what: 'of a field whose name no client wrote',
      status: 400,
      error: { type: invalid, param: 'evaluation_context[0][type]' },
      code: 'BAD_USER_INPUT',
      path: ['input', 'evaluationContext', '0'],
    },
    {
      what: 'of a field by a name that holds what somebody typed',
      status: 400,
      error: { type: invalid, param: 'canary@example.com' },
      code: 'BAD_USER_INPUT',
    },
    {
      what: 'of an unknown customer',
      status: 400,
      error: {
        type: invalid,
        code: 'resource_missing',
        param: 'evaluation_context[1][customer_details][customer]',
      },
      code: 'NOT_FOUND',
      path: ['input', 'evaluationContext', '1', 'customerDetails', 'customer'],
    },
    {
      what: 'of a parameter that its version does not know',
      status: 400,
      error: { type: invalid, code: 'parameter_unknown', param: session },
      code: 'UPSTREAM_UNSUPPORTED',
      path: sessionPath,
    },
    {
      what: 'of a call that its version does not have',
      status: 404,
      error: { type: invalid },
      code: 'UPSTREAM_UNSUPPORTED',
    },
    {
      what: 'of a key used with another input',
      status: 400,
      error: { type: 'idempotency_error' },
      code: 'IDEMPOTENCY_CONFLICT',
    },
    {
      what: 'of our version',
      status: 400,
      error: { type: invalid },
      code: 'UPSTREAM_REFUSED',
      logged: 'error',
    },
    { what: 'of our key', status: 401, error: { type: invalid }, code: 'UPSTREAM_REFUSED', logged: 'error' },
    {
      what: 'of our permission',
      status: 403,
      error: { type: invalid },
      code: 'UPSTREAM_REFUSED',
      logged: 'error',
    },
    {
      what: 'for its limit',
      status: 429,
      error: { type: invalid, code: 'rate_limit' },
      headers: { 'stripe-rate-limited-reason': 'endpoint-rate' },
      code: 'UPSTREAM_RATE_LIMITED',
      retryable: true,
    },
    {
      what: 'for another request with the key in flight',
      status: 409,
      error: { type: 'idempotency_error', code: 'idempotency_key_in_use' },
      code: 'UPSTREAM_UNAVAILABLE',
      effect: 'UNKNOWN',
      retryable: true,
    },
    ...[424, 500, 502, 503, 504].map((status) => ({
      what: 'for a failure of its own',
      status,
      error: { type: 'api_error' },
      code: 'UPSTREAM_UNAVAILABLE',
      effect: 'UNKNOWN' as const,
      retryable: true,
    })),
  ])('a refusal of the upstream, $what ($status), is $code', async (refusal) => {
    const { status, error, headers = {}, code, path = null, effect = 'NONE', retryable = false } = refusal;
    const message = 'canary: you passed canary@example.com with the key sk_test_canary0key';
    upstream.answer(
      status,
      {
        error: {
          ...error,
          message,
          doc_url: 'https://canary.example',
          request_log_url: 'https://canary.example',
        },
      },
      { 'request-id': 'req_42', ...headers },
    );
    const answer = await gateway.send(createEverything, { input: registration() });

    expect(upstream.requests.length).toBeGreaterThan(0);
    expect(answer.errors).toBeUndefined();
    expect(answer.data.createCustomerEvaluation).toMatchObject({
      customerEvaluation: null,
      errors: [{ code, path, effect, retryable, upstreamRequestId: 'req_42' }],
    });
    for (const text of [answer.text, ...(await gateway.flushed())]) expect(text).not.toContain('canary');
    const lines = gateway.log.map((line) => JSON.parse(line)).filter((line) => line.code === code);
    expect(lines).toMatchObject([{ level: refusal.logged ?? 'warn', upstreamRequestId: 'req_42' }]);
  });

  it('a refusal of the upstream is logged with the setting to check, which the caller does not see', async () => {
    upstream.answer(401, {
      error: { type: invalid, message: 'Invalid API Key provided: sk_test_canary0key' },
    });
    const answer = await gateway.send(createEverything, { input: registration() });
    await gateway.logged(/STRIPE_SECRET_KEY/);
    expect(answer.text).not.toContain('STRIPE_SECRET_KEY');
  });

  it('a refusal of the upstream of one aliased mutation leaves the other as it is', async () => {
    upstream.handle((response, { body }) => {
      const refused = body.includes('rse_bad');
      const error = { error: { type: invalid, param: session } };
      response
        .writeHead(refused ? 400 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(refused ? error : registrationAnswer));
    });
    const create = (id: string) =>
      `createCustomerEvaluation(input: { eventType: REGISTRATION, evaluationContext: [{ clientDetails: { radarSession: "${id}" } }] }) { customerEvaluation { id } errors { code } }`;
    const { data } = await gateway.send(`mutation { good: ${create('rse_good')} bad: ${create('rse_bad')} }`);
    expect(data).toEqual({
      good: { customerEvaluation: { id: registrationAnswer.id }, errors: [] },
      bad: { customerEvaluation: null, errors: [{ code: 'BAD_USER_INPUT' }] },
    });
  });
});

describe('an upstream that cannot be reached', () => {
  it('an upstream that cannot be reached is unavailable, and nothing has happened there', async () => {
    const gone = await startRecordingUpstream();
    await gone.close();
    const lonely = await startTestGateway(upstreamAt(gone.url));
    const { data } = await lonely.send(createEverything, { input: registration() });
    expect(data.createCustomerEvaluation).toMatchObject({
      customerEvaluation: null,
      errors: [{ code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE', retryable: true, upstreamRequestId: null }],
    });
    await lonely.close();
  });

  it('an upstream that closes the connection during the request is unavailable, and something may have happened', async () => {
    upstream.handle((response) => response.destroy());
    const { data } = await gateway.send(createEverything, { input: registration() });
    expect(data.createCustomerEvaluation.errors).toMatchObject([
      { code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    ]);
  });
});
