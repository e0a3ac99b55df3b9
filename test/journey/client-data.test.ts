import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { formFields } from '../harness/forms.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const data = { ip: '203.0.113.7', referrer: 'https://shop.example/?a=b&c', userAgent: 'Mozilla/5.0 (X11)' };
const input = registration({
  evaluationContext: [{ customerDetails: { customer: 'cus_1' } }, { clientDetails: { data } }],
});

describe('client data in place of a Radar Session', () => {
  let upstream: RecordingUpstream;
  let older: TestGateway;
  let newer: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    older = await startTestGateway(upstreamAt(upstream.url, { STRIPE_API_VERSION: '2026-03-04.preview' }));
    newer = await startTestGateway(upstreamAt(upstream.url));
  });
  afterAll(async () => {
    await older.close();
    await newer.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  it('client data in place of a Radar Session is unsupported by an older version, and nothing is sent', async () => {
    const { data: answer } = await older.send(createEverything, { input });
    expect(answer.createCustomerEvaluation).toMatchObject({
      customerEvaluation: null,
      errors: [
        {
          code: 'UPSTREAM_UNSUPPORTED',
          path: ['input', 'evaluationContext', '1', 'clientDetails', 'data'],
          message: expect.stringContaining('June 2026 or later'),
          retryable: false,
          effect: 'NONE',
        },
      ],
    });
    expect(upstream.requests).toEqual([]);
  });

  it('client data in place of a Radar Session is sent exactly, under the configured version', async () => {
    const { data: answer } = await newer.send(createEverything, { input });
    expect(answer.createCustomerEvaluation.errors).toEqual([]);
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.requests[0]?.headers['stripe-version']).toBe('2026-09-30.preview');
    expect(formFields(upstream.requests[0]?.body ?? '')).toEqual([
      ['event_type', 'registration'],
      ['evaluation_context[0][type]', 'customer_details'],
      ['evaluation_context[0][customer_details][customer]', 'cus_1'],
      ['evaluation_context[1][type]', 'client_details'],
      ['evaluation_context[1][client_details][data][ip]', data.ip],
      ['evaluation_context[1][client_details][data][referrer]', data.referrer],
      ['evaluation_context[1][client_details][data][user_agent]', data.userAgent],
    ]);
  });
});
