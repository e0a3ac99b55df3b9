import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loginAnswer, registrationAnswer } from '../harness/evaluations.ts';
import { formFields } from '../harness/forms.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const id = 'ceval_1STAJ19XxSPY66dBEesAnzjw';
const report = `mutation ($input: ReportCustomerEvaluationInput!) {
  reportCustomerEvaluation(input: $input) {
    customerEvaluation { id eventType status customer { id } events { type occurredAt failureReason } }
    errors { code message path retryable effect upstreamRequestId }
    idempotencyKey
  }
}`;

// What a client writes, and every parameter that leaves for it.
const inEvents = [
  { written: { loginSucceeded: 'OCCURRED' }, form: [['type', 'login_success']] },
  ...[
    ['OTHER', 'other'],
    ['SUSPECTED_ACCOUNT_SHARING', 'suspected_account_sharing'],
  ].map(([reason, word]) => ({
    written: { loginFailed: { reason } },
    form: [
      ['type', 'login_failed'],
      ['login_failed[reason]', word],
    ],
  })),
  { written: { registrationSucceeded: {} }, form: [['type', 'registration_success']] },
  {
    written: { registrationSucceeded: { customer: 'cus_1' } },
    form: [
      ['type', 'registration_success'],
      ['registration_success[customer]', 'cus_1'],
    ],
  },
  ...[
    ['OTHER', 'other'],
    ['SUSPECTED_MULTI_ACCOUNTING', 'suspected_multi_accounting'],
  ].map(([reason, word]) => ({
    written: { registrationFailed: { reason } },
    form: [
      ['type', 'registration_failed'],
      ['registration_failed[reason]', word],
    ],
  })),
];
const inOutcomes = [
  ...[
    ['ALLOWED', 'allowed'],
    ['RESTRICTED', 'restricted'],
    ['BLOCKED', 'blocked'],
  ].map(([status, word]) => ({ written: { outcome: { status } }, form: [['status', word]] })),
  { written: { outcome: { customer: 'cus_1' } }, form: [['customer', 'cus_1']] },
  {
    written: { outcome: { status: 'BLOCKED', customer: 'cus_1' } },
    form: [
      ['status', 'blocked'],
      ['customer', 'cus_1'],
    ],
  },
];
const dialects = [
  { version: '2026-03-04.preview', own: inEvents, other: inOutcomes, would: '2026-05-27 or later' },
  {
    version: '2026-05-27.preview',
    own: inOutcomes,
    other: inEvents,
    would: '2026-03-04 or later, and before 2026-05-27',
  },
  {
    version: '2031-01-01.tomorrow',
    own: inOutcomes,
    other: inEvents,
    would: '2026-03-04 or later, and before 2026-05-27',
  },
];

describe.each(dialects)('reporting with $version', ({ version, own, other, would }) => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(upstreamAt(upstream.url, { STRIPE_API_VERSION: version }));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.answer(200, loginAnswer, { 'request-id': 'req_1' });
  });

  const send = async (input: object) => (await gateway.send(report, { input })).data.reportCustomerEvaluation;

  it.each(own.map((example) => ({ ...example, json: JSON.stringify(example.written) })))(
    'a report sends $json, parameter by parameter',
    async ({ written, form }) => {
      const payload = await send({ id, report: written });
      expect(payload).toMatchObject({ customerEvaluation: { id, eventType: 'LOGIN' }, errors: [] });
      expect(upstream.requests).toHaveLength(1);
      const [request] = upstream.requests;
      expect(request).toMatchObject({
        method: 'POST',
        url: `/v1/radar/customer_evaluations/${id}/report`,
        headers: { 'stripe-version': version, 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect(formFields(request?.body ?? '')).toEqual(form);
      expect(request?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
    },
  );

  it.each(other.map((example) => ({ ...example, json: JSON.stringify(example.written) })))(
    'the gateway refuses $json before anything is sent, and says which version would take it',
    async ({ written }) => {
      const payload = await send({ id, report: written });
      const path = ['input', 'report', Object.keys(written)[0]];
      expect(payload).toMatchObject({
        customerEvaluation: null,
        errors: [{ code: 'UPSTREAM_UNSUPPORTED', path, retryable: false, effect: 'NONE' }],
      });
      expect(payload.errors[0].message).toContain(would);
      expect(upstream.requests).toEqual([]);
    },
  );

  it.each(['', '.', '..', 'c'.repeat(256), '\ud800'])(
    'the gateway refuses the id %j, which cannot be one, before anything is sent',
    async (bad) => {
      const payload = await send({ id: bad, report: own[0]?.written });
      expect(payload).toMatchObject({
        customerEvaluation: null,
        errors: [{ code: 'BAD_USER_INPUT', path: ['input', 'id'], effect: 'NONE' }],
      });
      expect(upstream.requests).toEqual([]);
    },
  );

  it('a report stays below the evaluations whatever is written for an id', async () => {
    await send({ id: '../../charges?a=b#c/..', report: own[0]?.written });
    expect(upstream.requests.map(({ url }) => url)).toEqual([
      '/v1/radar/customer_evaluations/..%2F..%2Fcharges%3Fa%3Db%23c%2F../report',
    ]);
  });
});

describe('what a report answers', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(upstreamAt(upstream.url, { STRIPE_API_VERSION: '2026-03-04.preview' }));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('the answer to a report is the evaluation, with what was reported', async () => {
    const events = [
      { type: 'registration_failed', occurred_at: 1715769700, registration_failed: { reason: 'other' } },
    ];
    upstream.answer(200, { ...registrationAnswer, events });
    const input = { id, report: { registrationFailed: { reason: 'OTHER' } }, idempotencyKey: 'my key' };
    const { data } = await gateway.send(report, { input });
    expect(data.reportCustomerEvaluation).toEqual({
      customerEvaluation: {
        id,
        eventType: 'REGISTRATION',
        status: null,
        customer: { id: 'cus_1STA7a9XxSPY66dBhVL80eEC' },
        events: [
          { type: 'REGISTRATION_FAILED', occurredAt: '2024-05-15T10:41:40.000Z', failureReason: 'OTHER' },
        ],
      },
      errors: [],
      idempotencyKey: 'my key',
    });
  });

  it('a report is refused for an outcome that says nothing, and for a customer that is empty', async () => {
    upstream.requests.length = 0;
    const faults: [report: object, path: string[]][] = [
      [{ outcome: {} }, ['input', 'report', 'outcome']],
      [{ outcome: { customer: '' } }, ['input', 'report', 'outcome', 'customer']],
      [{ registrationSucceeded: { customer: '' } }, ['input', 'report', 'registrationSucceeded', 'customer']],
    ];
    for (const [written, path] of faults) {
      const { data } = await gateway.send(report, { input: { id, report: written } });
      expect(data.reportCustomerEvaluation.errors).toMatchObject([{ code: 'BAD_USER_INPUT', path }]);
    }
    expect(upstream.requests).toEqual([]);
  });

  it.each([
    ['id', ['input', 'id']],
    ['type', ['input', 'report']],
    ['login_failed', ['input', 'report', 'loginFailed']],
    ['login_failed[reason]', ['input', 'report', 'loginFailed', 'reason']],
    ['registration_success[customer]', ['input', 'report', 'registrationSucceeded', 'customer']],
    ['registration_failed[reason]', ['input', 'report', 'registrationFailed', 'reason']],
    ['status', ['input', 'report', 'outcome', 'status']],
    ['customer', ['input', 'report', 'outcome', 'customer']],
    ['event_type', null],
    ['expand[0]', null],
  ])('a report names the parameter %s that Stripe refused as the client wrote it', async (param, path) => {
    const error = { type: 'invalid_request_error', code: 'parameter_invalid', param, message: 'canary' };
    upstream.answer(400, { error }, { 'request-id': 'req_2' });
    const { data, text } = await gateway.send(report, {
      input: { id, report: { loginSucceeded: 'OCCURRED' } },
    });
    expect(data.reportCustomerEvaluation).toMatchObject({
      customerEvaluation: null,
      errors: [{ code: 'BAD_USER_INPUT', path, upstreamRequestId: 'req_2' }],
    });
    expect(text).not.toContain('canary');
  });

  it('a report runs under the client’s key, which is another upstream for each mutation', async () => {
    upstream.answer(200, loginAnswer);
    upstream.requests.length = 0;
    const input = { id, report: { loginSucceeded: 'OCCURRED' }, idempotencyKey: 'my key' };
    await gateway.send(report, { input });
    await gateway.send(report, { input });
    await gateway.send(`mutation {
      createCustomerEvaluation(input: {
        eventType: LOGIN, idempotencyKey: "my key", evaluationContext: [{ clientDetails: { radarSession: "rse_1" } }]
      }) { idempotencyKey }
    }`);
    const [first, second, third] = upstream.requests.map(({ headers }) => headers['idempotency-key']);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(new Set([first, third]).has('my key')).toBe(false);
  });
});
