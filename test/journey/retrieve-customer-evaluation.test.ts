import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loginAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const retrieve = 'query ($id: ID!) { customerEvaluation(id: $id) { id events { type } } }';

describe('an evaluation by its id', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(upstreamAt(upstream.url, { STRIPE_API_VERSION: '2026-06-24.preview' }));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  it('an evaluation by its id is retrieved with its events, in one call however often one operation asks', async () => {
    const events = [{ type: 'login_success', occurred_at: 1715769700 }];
    upstream.answer(200, { ...loginAnswer, id: 'ceval_1', events });
    const { data } = await gateway.send(`{
      a: customerEvaluation(id: "ceval_1") { id }
      b: customerEvaluation(id: "ceval_1") { events { type } }
    }`);
    expect(data).toEqual({ a: { id: 'ceval_1' }, b: { events: [{ type: 'LOGIN_SUCCESS' }] } });
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.requests[0]).toMatchObject({
      method: 'GET',
      url: '/v1/radar/customer_evaluations/ceval_1?expand[0]=events',
      body: '',
      headers: { 'stripe-version': '2026-06-24.preview' },
    });
    expect(upstream.requests[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('an evaluation by its id is null if Stripe has none', async () => {
    upstream.answer(404, { error: { type: 'invalid_request_error', code: 'resource_missing', param: 'id' } });
    const { data, errors } = await gateway.send(retrieve, { id: 'ceval_2' });
    expect(errors).toBeUndefined();
    expect(data.customerEvaluation).toBeNull();
  });

  it.each(['', '.', '..', '../../charges', '..\\x', 'c'.repeat(256), '\ud800'])(
    'an evaluation by its id is null for %j, which cannot be an id',
    async (id) => {
      const { data, errors } = await gateway.send(retrieve, { id });
      expect(errors).toBeUndefined();
      expect(data.customerEvaluation).toBeNull();
      expect(upstream.requests).toEqual([]);
    },
  );

  it('an evaluation by its id has a URL below the evaluations, whatever the id', async () => {
    upstream.answer(200, loginAnswer);
    await gateway.send(retrieve, { id: '..?a=b#c%2F..' });
    expect(upstream.requests.map(({ url }) => url)).toEqual([
      '/v1/radar/customer_evaluations/..%3Fa%3Db%23c%252F..?expand[0]=events',
    ]);
  });

  it('an evaluation by its id fails with the upstream error’s code, and the failure is logged', async () => {
    upstream.answer(403, { error: { type: 'invalid_request_error', message: 'canary' } });
    const { data, errors, text } = await gateway.send(retrieve, { id: 'ceval_3' });
    expect(data.customerEvaluation).toBeNull();
    expect(errors).toMatchObject([
      { path: ['customerEvaluation'], extensions: { code: 'UPSTREAM_REFUSED', retryable: false } },
    ]);
    expect(text).not.toContain('canary');
    expect(
      (await gateway.flushed()).filter((line) => JSON.parse(line).code === 'UPSTREAM_REFUSED'),
    ).toHaveLength(1);
  });

  it.each([
    { status: 429, message: 'Stripe is limiting the rate of calls. Wait, then retry.' },
    { status: 503, message: 'Stripe is unavailable. Retry.' },
    { status: 200, message: 'Stripe’s response was invalid. Retry.' },
  ])(
    'an evaluation by its id that fails asks for no idempotency key, since a query has none: $message',
    async ({ status, message }) => {
      const once = await startTestGateway(
        upstreamAt(upstream.url, { STRIPE_API_VERSION: '2026-06-24.preview', UPSTREAM_MAX_ATTEMPTS: '1' }),
      );
      upstream.answer(status, {});
      const { errors } = await once.send(retrieve, { id: 'ceval_1' });
      expect(errors).toMatchObject([{ message, extensions: { retryable: true, effect: 'NONE' } }]);
      await once.close();
    },
  );

  it.each(['2026-03-04.preview', '2026-05-27.preview'])(
    'an evaluation by its id needs a later version than %s, and says which',
    async (version) => {
      const older = await startTestGateway(upstreamAt(upstream.url, { STRIPE_API_VERSION: version }));
      const { errors } = await older.send(retrieve, { id: 'ceval_1' });
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('June 2026 or later'),
          extensions: { code: 'UPSTREAM_UNSUPPORTED', effect: 'NONE' },
        },
      ]);
      expect(upstream.requests).toEqual([]);
      const [line] = (await older.flushed()).filter((text) => text.includes('UPSTREAM_UNSUPPORTED'));
      expect(JSON.parse(line ?? '{}').note).toContain('June 2026 or later');
      await older.close();
    },
  );
});
