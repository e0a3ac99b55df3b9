import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loginAnswer, registrationAnswer } from '../harness/evaluations.ts';
import { formFields } from '../harness/forms.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const id = 'ceval_1STAJ19XxSPY66dBEesAnzjw';
const report = `mutation ($input: ReportCustomerEvaluationInput!) {
  reportCustomerEvaluation(input: $input) {
    customerEvaluation { id eventType status customer { id } events { type occurredAt failureReason } }
    errors { code message path retryable effect upstreamRequestId }
    warnings { code message path }
    idempotencyKey
  }
}`;

/** The parameters that Stripe gets, and the parts of the report that are lost; or why nothing is sent. */
type Told = { sent: string[][]; lost?: [code: string, field: string][] } | { refused: string; at: string };

interface Example {
  readonly written: object;
  /** Versions before 2026-05-27. */
  readonly event: Told;
  /** Versions from 2026-05-27 on. */
  readonly outcome: Told;
}

const reasonLost: [string, string][] = [['REASON_NOT_REPORTED', 'reason']];
const customerLost: [string, string][] = [['CUSTOMER_NOT_ATTACHED', 'customer']];
const noDecision = { refused: 'UPSTREAM_UNSUPPORTED', at: 'reason' } as const;
const loginFailed = (reason: string) => [
  ['type', 'login_failed'],
  ['login_failed[reason]', reason],
];
const registrationFailed = (reason: string) => [
  ['type', 'registration_failed'],
  ['registration_failed[reason]', reason],
];

const examples: readonly Example[] = [
  {
    written: { loginSucceeded: 'OCCURRED' },
    event: { sent: [['type', 'login_success']] },
    outcome: { sent: [['status', 'allowed']] },
  },
  {
    written: { loginFailed: { reason: 'SUSPECTED_ACCOUNT_SHARING' } },
    event: { sent: loginFailed('suspected_account_sharing') },
    outcome: { sent: [['status', 'blocked']], lost: reasonLost },
  },
  // A wrong password is not a decision of the business, so there is no outcome to report.
  {
    written: { loginFailed: { reason: 'OTHER' } },
    event: { sent: loginFailed('other') },
    outcome: noDecision,
  },
  {
    written: { registrationSucceeded: {} },
    event: { sent: [['type', 'registration_success']] },
    outcome: { sent: [['status', 'allowed']] },
  },
  {
    written: { registrationSucceeded: { customer: 'cus_1' } },
    event: {
      sent: [
        ['type', 'registration_success'],
        ['registration_success[customer]', 'cus_1'],
      ],
    },
    outcome: {
      sent: [
        ['status', 'allowed'],
        ['customer', 'cus_1'],
      ],
    },
  },
  {
    written: { registrationFailed: { reason: 'SUSPECTED_MULTI_ACCOUNTING' } },
    event: { sent: registrationFailed('suspected_multi_accounting') },
    outcome: { sent: [['status', 'blocked']], lost: reasonLost },
  },
  {
    written: { registrationFailed: { reason: 'OTHER' } },
    event: { sent: registrationFailed('other') },
    outcome: noDecision,
  },
  {
    written: { outcome: { status: 'ALLOWED' } },
    event: { refused: 'BAD_USER_INPUT', at: 'eventType' },
    outcome: { sent: [['status', 'allowed']] },
  },
  {
    written: { outcome: { status: 'ALLOWED', eventType: 'LOGIN' } },
    event: { sent: [['type', 'login_success']] },
    outcome: { sent: [['status', 'allowed']] },
  },
  {
    written: { outcome: { status: 'ALLOWED', eventType: 'REGISTRATION', customer: 'cus_1' } },
    event: {
      sent: [
        ['type', 'registration_success'],
        ['registration_success[customer]', 'cus_1'],
      ],
    },
    outcome: {
      sent: [
        ['status', 'allowed'],
        ['customer', 'cus_1'],
      ],
    },
  },
  {
    written: { outcome: { status: 'RESTRICTED', eventType: 'LOGIN', reason: 'OTHER' } },
    event: { sent: [['type', 'login_success']], lost: [['STATUS_NOT_REPORTED', 'status'], ...reasonLost] },
    outcome: { sent: [['status', 'restricted']], lost: reasonLost },
  },
  {
    written: { outcome: { status: 'BLOCKED', eventType: 'REGISTRATION', customer: 'cus_1' } },
    event: { sent: registrationFailed('other'), lost: customerLost },
    outcome: {
      sent: [
        ['status', 'blocked'],
        ['customer', 'cus_1'],
      ],
    },
  },
  {
    written: {
      outcome: { status: 'BLOCKED', eventType: 'REGISTRATION', reason: 'SUSPECTED_MULTI_ACCOUNTING' },
    },
    event: { sent: registrationFailed('suspected_multi_accounting') },
    outcome: { sent: [['status', 'blocked']], lost: reasonLost },
  },
  // Logins do not have this reason.
  {
    written: { outcome: { status: 'BLOCKED', eventType: 'LOGIN', reason: 'SUSPECTED_MULTI_ACCOUNTING' } },
    event: { sent: loginFailed('other'), lost: reasonLost },
    outcome: { sent: [['status', 'blocked']], lost: reasonLost },
  },
  {
    written: { outcome: { customer: 'cus_1', eventType: 'REGISTRATION' } },
    event: { refused: 'UPSTREAM_UNSUPPORTED', at: 'customer' },
    outcome: { sent: [['customer', 'cus_1']] },
  },
];
const dialects = [
  { version: '2026-03-04.preview', dialect: 'event' },
  { version: '2026-05-27.preview', dialect: 'outcome' },
  { version: '2031-01-01.tomorrow', dialect: 'outcome' },
] as const;

describe.each(dialects)('reporting with $version', ({ version, dialect }) => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { STRIPE_API_VERSION: version, METRICS_PORT: '0' }),
    );
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
  const rows = examples.map((example) => ({
    written: example.written,
    told: example[dialect],
    json: JSON.stringify(example.written),
  }));

  it.each(rows)(
    'Stripe gets the parts of $json that its API supports, and the client gets warnings for the rest',
    async ({ written, told }) => {
      const payload = await send({ id, report: written });
      const variant = ['input', 'report', Object.keys(written)[0]];
      if ('refused' in told) {
        const error = {
          code: told.refused,
          path: [...variant, told.at],
          retryable: false,
          effect: 'NONE',
        };
        expect(payload).toMatchObject({ customerEvaluation: null, errors: [error], warnings: [] });
        expect(upstream.requests).toEqual([]);
        return;
      }
      const warnings = (told.lost ?? []).map(([code, field]) => ({ code, path: [...variant, field] }));
      expect(payload).toMatchObject({ customerEvaluation: { id, eventType: 'LOGIN' }, errors: [], warnings });
      expect(upstream.requests).toHaveLength(1);
      const [request] = upstream.requests;
      expect(request).toMatchObject({
        method: 'POST',
        url: `/v1/radar/customer_evaluations/${id}/report`,
        headers: { 'stripe-version': version, 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect(formFields(request?.body ?? '')).toEqual(told.sent);
      expect(request?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
    },
  );

  it.each(['loginFailed', 'registrationFailed'])(
    'a report of %s that was no decision, such as a wrong password, is no failure of the gateway',
    async (variant) => {
      const failures = async (): Promise<number> =>
        sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_operation_duration_seconds_count', {
          fault: 'gateway',
        });
      const before = await failures();
      const payload = await send({ id, report: { [variant]: { reason: 'OTHER' } } });
      expect(payload.errors.map(({ code }: { code: string }) => code)).toEqual(
        dialect === 'event' ? [] : ['UPSTREAM_UNSUPPORTED'],
      );
      expect(await failures()).toBe(before);
      if (dialect === 'event') return;
      const told = (await gateway.flushed()).filter((line) => line.includes('"outcome":"NOT_A_DECISION"'));
      expect(told.length).toBeGreaterThan(0);
    },
  );

  it.each(['', '.', '..', '../../charges', '..\\x', 'c'.repeat(256), '\ud800'])(
    'the gateway refuses the id %j, which cannot be one, before anything is sent',
    async (bad) => {
      const payload = await send({ id: bad, report: { loginSucceeded: 'OCCURRED' } });
      expect(payload).toMatchObject({
        customerEvaluation: null,
        errors: [{ code: 'BAD_USER_INPUT', path: ['input', 'id'], effect: 'NONE' }],
      });
      expect(upstream.requests).toEqual([]);
    },
  );

  it('a report’s URL stays below the evaluations, whatever the id', async () => {
    await send({ id: '..?a=b#c%2F..', report: { loginSucceeded: 'OCCURRED' } });
    expect(upstream.requests.map(({ url }) => url)).toEqual([
      '/v1/radar/customer_evaluations/..%3Fa%3Db%23c%252F../report',
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

  it('the response to a report is the evaluation, with the report', async () => {
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
      warnings: [],
      idempotencyKey: 'my key',
    });
  });

  it('a report is refused for an outcome that says nothing, and for a customer that is empty', async () => {
    upstream.requests.length = 0;
    const faults: [report: object, path: string[]][] = [
      [{ outcome: {} }, ['input', 'report', 'outcome']],
      [{ outcome: { customer: '' } }, ['input', 'report', 'outcome', 'customer']],
      [{ outcome: { status: 'ALLOWED', reason: 'OTHER' } }, ['input', 'report', 'outcome', 'reason']],
      [{ outcome: { status: 'ALLOWED', eventType: 'UNKNOWN' } }, ['input', 'report', 'outcome', 'eventType']],
      [{ registrationSucceeded: { customer: '' } }, ['input', 'report', 'registrationSucceeded', 'customer']],
    ];
    for (const [written, path] of faults) {
      const { data } = await gateway.send(report, { input: { id, report: written } });
      expect(data.reportCustomerEvaluation.errors).toMatchObject([{ code: 'BAD_USER_INPUT', path }]);
    }
    expect(upstream.requests).toEqual([]);
  });

  const refusedParameters: readonly (readonly [param: string, written: object, path: string[] | null])[] = [
    ['id', { loginSucceeded: 'OCCURRED' }, ['input', 'id']],
    ['type', { loginSucceeded: 'OCCURRED' }, ['input', 'report']],
    ['login_failed', { loginFailed: { reason: 'OTHER' } }, ['input', 'report', 'loginFailed']],
    [
      'login_failed[reason]',
      { loginFailed: { reason: 'OTHER' } },
      ['input', 'report', 'loginFailed', 'reason'],
    ],
    [
      'registration_success[customer]',
      { registrationSucceeded: { customer: 'cus_1' } },
      ['input', 'report', 'registrationSucceeded', 'customer'],
    ],
    [
      'registration_success[customer]',
      { outcome: { status: 'ALLOWED', eventType: 'REGISTRATION', customer: 'cus_1' } },
      ['input', 'report', 'outcome', 'customer'],
    ],
    [
      'registration_failed[reason]',
      { registrationFailed: { reason: 'OTHER' } },
      ['input', 'report', 'registrationFailed', 'reason'],
    ],
    ['status', { loginSucceeded: 'OCCURRED' }, ['input', 'report', 'loginSucceeded']],
    [
      'status',
      { outcome: { status: 'ALLOWED', eventType: 'LOGIN' } },
      ['input', 'report', 'outcome', 'status'],
    ],
    ['event_type', { loginSucceeded: 'OCCURRED' }, null],
    ['expand[0]', { loginSucceeded: 'OCCURRED' }, null],
  ];
  it.each(refusedParameters)(
    'the parameter %s that Stripe refused is named as the client wrote it: %j',
    async (param, written, path) => {
      const error = { type: 'invalid_request_error', code: 'parameter_invalid', param, message: 'canary' };
      upstream.answer(400, { error }, { 'request-id': 'req_2' });
      const { data, text } = await gateway.send(report, { input: { id, report: written } });
      expect(data.reportCustomerEvaluation).toMatchObject({
        customerEvaluation: null,
        errors: [{ code: 'BAD_USER_INPUT', path, upstreamRequestId: 'req_2' }],
      });
      expect(text).not.toContain('canary');
    },
  );

  it('a report runs under the client’s key, which becomes a different upstream key for each mutation', async () => {
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
