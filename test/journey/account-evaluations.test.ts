import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

/*
 * STRIPE_API=v2 in front of an upstream whose responses each test sets. How signals are awaited is tested in
 * signal-wait.test.ts, the sandbox's magic words in test/sandbox/.
 */
const id = 'acctevl_1';
const collection = '/v2/signals/account_evaluations';

function evaluation(rest: object = {}): object {
  return {
    id,
    object: 'v2.signals.account_evaluation',
    created: '2026-11-26T10:00:00.123Z',
    livemode: false,
    account_details: { customer: 'cus_1' },
    requested_signals: ['user_account_sharing'],
    pending_signals: [],
    evaluated_signals: {
      user_account_sharing: { risk_level: 'elevated', score: '70.25', evaluated_at: '2026-11-26T10:00:01Z' },
    },
    ...rest,
  };
}

const radarSession = { clientDetails: { radarSession: 'rse_1' } };
const customer = { customerDetails: { customer: 'cus_1' } };
const login = (...evaluationContext: object[]) => ({ eventType: 'LOGIN', evaluationContext });

describe('a gateway with STRIPE_API=v2', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(upstreamAt(upstream.url, { STRIPE_API: 'v2' }));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.answer(200, evaluation(), { 'request-id': 'req_1' });
  });

  const create = async (input: object) =>
    (await gateway.send(createEverything, { input })).data.createCustomerEvaluation;
  const sent = (): unknown[] => upstream.requests.map(({ body }) => (body === '' ? null : JSON.parse(body)));

  it('a gateway with STRIPE_API=v2 asks for the signal of the event, with the attempt, as JSON', async () => {
    await create({ ...login(radarSession, customer), idempotencyKey: 'one' });
    expect(upstream.requests).toMatchObject([
      {
        method: 'POST',
        url: collection,
        headers: { 'content-type': 'application/json', 'stripe-version': '2026-09-30.preview' },
      },
    ]);
    expect(upstream.requests[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
    expect(sent()).toEqual([
      {
        account_details: { customer: 'cus_1' },
        requested_signals: ['user_account_sharing'],
        account_activity_details: {
          data: { type: 'login_attempt', login_attempt: { client_details: { radar_session: 'rse_1' } } },
        },
      },
    ]);
  });

  it('a gateway with STRIPE_API=v2 sends client data in place of a Radar Session, and no attempt without any', async () => {
    const data = { ip: '203.0.113.1', userAgent: 'a browser' };
    upstream.answer(
      200,
      evaluation({ requested_signals: ['user_multi_accounting'], evaluated_signals: null }),
    );
    const registration = (...evaluationContext: object[]) => ({
      eventType: 'REGISTRATION',
      evaluationContext,
    });
    await create(registration(customer, { clientDetails: { data } }));
    await create(registration(customer));
    const asked = { account_details: { customer: 'cus_1' }, requested_signals: ['user_multi_accounting'] };
    const client_details = { data: { ip: '203.0.113.1', user_agent: 'a browser' } };
    expect(sent()).toEqual([
      {
        ...asked,
        account_activity_details: {
          data: { type: 'registration_attempt', registration_attempt: { client_details } },
        },
      },
      asked,
    ]);
  });

  it('a gateway with STRIPE_API=v2 sends the same bytes under the same key when a mutation is repeated', async () => {
    const input = { ...login(radarSession, customer), idempotencyKey: 'again' };
    await create(input);
    await create(input);
    const [first, second] = upstream.requests;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  it('a gateway with STRIPE_API=v2 returns the evaluation with the same values as v1', async () => {
    expect(await create(login(radarSession, customer))).toMatchObject({
      customerEvaluation: {
        id,
        eventType: 'LOGIN',
        livemode: false,
        createdAt: '2026-11-26T10:00:00.123Z',
        customer: { id: 'cus_1' },
        events: null,
        status: null,
        signals: {
          __typename: 'LoginSignals',
          accountSharing: { score: 70.25, riskLevel: 'ELEVATED', evaluatedAt: '2026-11-26T10:00:01.000Z' },
          multiAccounting: null,
        },
        pendingSignals: [],
      },
      errors: [],
    });
  });

  it('a gateway with STRIPE_API=v2 returns null for missing fields, UNKNOWN for a new level, and no new signal', async () => {
    const { livemode: _, ...sparse } = evaluation({
      evaluated_signals: {
        user_account_sharing: { risk_level: 'very_new' },
        time_travel: { risk_level: 'low' },
      },
    }) as { livemode: boolean };
    upstream.answer(200, sparse);
    const { customerEvaluation, errors } = await create(login(radarSession, customer));
    expect(errors).toEqual([]);
    expect(customerEvaluation).toMatchObject({
      livemode: false,
      signals: { accountSharing: { score: null, riskLevel: 'UNKNOWN', evaluatedAt: null } },
    });
  });

  it.each([
    { sent: '0.30000000000000004', score: 0.30000000000000004 },
    { sent: `66.${'6'.repeat(99)}7`, score: 66.66666666666667 },
    { sent: 66.5, score: 66.5 },
    { sent: '7e1', score: null },
    { sent: '', score: null },
    { sent: 'n/a', score: null },
  ])(
    'a gateway with STRIPE_API=v2 returns the level of a billed evaluation whatever its score is: $sent',
    async ({ sent, score }) => {
      upstream.answer(
        200,
        evaluation({ evaluated_signals: { user_account_sharing: { risk_level: 'low', score: sent } } }),
      );
      const { customerEvaluation, errors } = await create(login(radarSession, customer));
      expect(errors).toEqual([]);
      expect(customerEvaluation.signals.accountSharing).toMatchObject({ score, riskLevel: 'LOW' });
      if (score === null) await gateway.logged(/user_account_sharing\.score is not a decimal/);
    },
  );

  it.each<{ what: string; context: object[]; code: string; path: string[] }>([
    {
      what: 'a person who is no Stripe customer',
      context: [radarSession, { customerDetails: { customerData: { email: 'a@example.com' } } }],
      code: 'UPSTREAM_UNSUPPORTED',
      path: ['1', 'customerDetails', 'customerData'],
    },
    { what: 'nobody', context: [radarSession], code: 'UPSTREAM_UNSUPPORTED', path: [] },
    { what: 'nothing', context: [], code: 'BAD_USER_INPUT', path: [] },
    {
      what: 'two customers',
      context: [customer, radarSession, { customerDetails: { customer: 'cus_2' } }],
      code: 'BAD_USER_INPUT',
      path: ['2', 'customerDetails'],
    },
    {
      what: 'two clients',
      context: [radarSession, customer, radarSession],
      code: 'BAD_USER_INPUT',
      path: ['2', 'clientDetails'],
    },
    {
      what: 'an empty Radar Session',
      context: [{ clientDetails: { radarSession: '' } }, customer],
      code: 'BAD_USER_INPUT',
      path: ['0', 'clientDetails', 'radarSession'],
    },
  ])('the v2 API refuses $what by its path, and sends nothing', async ({ context, code, path }) => {
    expect(await create(login(...context))).toMatchObject({
      customerEvaluation: null,
      errors: [{ code, path: ['input', 'evaluationContext', ...path], effect: 'NONE', retryable: false }],
    });
    expect(upstream.requests).toEqual([]);
  });

  const customerPath = ['input', 'evaluationContext', '1', 'customerDetails', 'customer'];
  it.each<{ status: number; error: object; code: string; path: string[] | null; note?: RegExp }>([
    { status: 403, error: { code: 'account_inaccessible' }, code: 'NOT_FOUND', path: customerPath },
    { status: 400, error: { code: 'invalid_account_details' }, code: 'BAD_USER_INPUT', path: customerPath },
    { status: 400, error: { code: 'missing_data_for_evaluation' }, code: 'BAD_USER_INPUT', path: null },
    { status: 400, error: { code: 'invalid_fields' }, code: 'BAD_USER_INPUT', path: null },
    {
      status: 403,
      error: { code: 'signal_type_access_denied' },
      code: 'UPSTREAM_REFUSED',
      path: null,
      note: /no access to the signal.*Dashboard/,
    },
    {
      status: 403,
      error: { type: 'feature_not_enabled', code: 'new_words' },
      code: 'UPSTREAM_REFUSED',
      path: null,
      note: /no access to the signal/,
    },
    {
      status: 429,
      error: { code: 'fraudulent_website_quota_exceeded' },
      code: 'UPSTREAM_REFUSED',
      path: null,
      note: /quota/,
    },
    { status: 400, error: { type: 'idempotency_error' }, code: 'IDEMPOTENCY_CONFLICT', path: null },
    // Properties that every JavaScript object has.
    { status: 403, error: { code: 'constructor', type: '__proto__' }, code: 'UPSTREAM_REFUSED', path: null },
  ])(
    'an error $error of v2 with status $status is $code, after one attempt',
    async ({ status, error, code, path, note }) => {
      upstream.answer(status, { error: { message: 'canary', ...error } }, { 'request-id': 'req_2' });
      const payload = await create(login(radarSession, customer));
      expect(payload).toMatchObject({
        customerEvaluation: null,
        errors: [{ code, path, effect: 'NONE', upstreamRequestId: 'req_2' }],
      });
      expect(JSON.stringify(payload)).not.toContain('canary');
      expect(upstream.requests).toHaveLength(1);
      if (note !== undefined) await gateway.logged(note);
    },
  );

  it.each<[what: string, body: object]>([
    ['another object', evaluation({ object: 'v2.core.account' })],
    ['another signal', evaluation({ requested_signals: ['user_multi_accounting'] })],
    ['no time', evaluation({ created: 1_715_769_600 })],
  ])('a response of v2 with %s is UPSTREAM_INVALID_RESPONSE', async (_, body) => {
    upstream.answer(200, body);
    expect(await create(login(radarSession, customer))).toMatchObject({
      customerEvaluation: null,
      errors: [{ code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN' }],
    });
  });

  it('a gateway with STRIPE_API=v2 retrieves an evaluation by its id, with the event type of its signal', async () => {
    const query = 'query ($id: ID!) { customerEvaluation(id: $id) { id eventType pendingSignals } }';
    upstream.answer(200, evaluation({ pending_signals: ['user_account_sharing', 'time_travel'] }));
    expect((await gateway.send(query, { id })).data.customerEvaluation).toEqual({
      id,
      eventType: 'LOGIN',
      pendingSignals: ['ACCOUNT_SHARING', 'UNKNOWN'],
    });
    expect(upstream.requests).toMatchObject([{ method: 'GET', url: `${collection}/${id}` }]);
    upstream.answer(403, { error: { code: 'account_evaluation_inaccessible', message: 'canary' } });
    expect((await gateway.send(query, { id })).data.customerEvaluation).toBeNull();
  });
});

const report = `mutation ($input: ReportCustomerEvaluationInput!) {
  reportCustomerEvaluation(input: $input) {
    customerEvaluation { id status eventType }
    errors { code path effect }
    warnings { code path }
  }
}`;

describe.each([
  ['2026-08-26.preview', '/v2/signals/account_activity'],
  ['2026-09-30.preview', '/v2/signals/account_activities'],
])('reporting with version %s of v2', (version, activities) => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { STRIPE_API: 'v2', STRIPE_API_VERSION: version }),
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.handle((response, { method }) => {
      const activity = { id: 'acctact_1', object: 'v2.signals.account_activity' };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(method === 'GET' ? evaluation() : activity));
    });
  });

  const send = async (written: object) =>
    (await gateway.send(report, { input: { id, report: written } })).data.reportCustomerEvaluation;
  const posted = () =>
    upstream.requests
      .filter(({ method }) => method === 'POST')
      .map(({ url, body }) => [url, JSON.parse(body)]);

  it.each<{ written: object; type: string; status: string; lost?: [string, string][] }>([
    { written: { loginSucceeded: 'OCCURRED' }, type: 'login', status: 'allowed' },
    {
      written: { loginFailed: { reason: 'SUSPECTED_ACCOUNT_SHARING' } },
      type: 'login',
      status: 'blocked',
      lost: [['REASON_NOT_REPORTED', 'reason']],
    },
    {
      written: { registrationSucceeded: { customer: 'cus_2' } },
      type: 'registration',
      status: 'allowed',
      lost: [['CUSTOMER_NOT_ATTACHED', 'customer']],
    },
    {
      written: { registrationFailed: { reason: 'SUSPECTED_MULTI_ACCOUNTING' } },
      type: 'registration',
      status: 'blocked',
      lost: [['REASON_NOT_REPORTED', 'reason']],
    },
    // The event type comes from the evaluation.
    { written: { outcome: { status: 'RESTRICTED' } }, type: 'login', status: 'restricted' },
    {
      written: {
        outcome: { status: 'BLOCKED', eventType: 'REGISTRATION', customer: 'cus_2', reason: 'OTHER' },
      },
      type: 'registration',
      status: 'blocked',
      lost: [
        ['CUSTOMER_NOT_ATTACHED', 'customer'],
        ['REASON_NOT_REPORTED', 'reason'],
      ],
    },
  ])(
    'the report $written is posted as an account activity, and warnings name the lost parts',
    async ({ written, type, status, lost = [] }) => {
      expect(await send(written)).toEqual({
        customerEvaluation: { id, status: status.toUpperCase(), eventType: 'LOGIN' },
        errors: [],
        warnings: lost.map(([code, field]) => ({
          code,
          path: ['input', 'report', Object.keys(written)[0], field],
        })),
      });
      expect(posted()).toEqual([
        [activities, { type: `${type}_decision`, account_evaluation: id, [`${type}_decision`]: { status } }],
      ]);
    },
  );

  it.each<{ written: object; code: string; at: string }>([
    { written: { loginFailed: { reason: 'OTHER' } }, code: 'UPSTREAM_UNSUPPORTED', at: 'reason' },
    { written: { registrationFailed: { reason: 'OTHER' } }, code: 'UPSTREAM_UNSUPPORTED', at: 'reason' },
    { written: { outcome: { customer: 'cus_2' } }, code: 'UPSTREAM_UNSUPPORTED', at: 'customer' },
  ])('the report $written, which would not be true, is not posted', async ({ written, code, at }) => {
    const path = ['input', 'report', Object.keys(written)[0], at];
    expect(await send(written)).toEqual({
      customerEvaluation: null,
      errors: [{ code, path, effect: 'NONE' }],
      warnings: [],
    });
    expect(posted()).toEqual([]);
  });

  it('a report on an evaluation that cannot be read is not posted', async () => {
    upstream.answer(403, { error: { code: 'account_evaluation_inaccessible', message: 'canary' } });
    expect(await send({ loginSucceeded: 'OCCURRED' })).toMatchObject({
      customerEvaluation: null,
      errors: [{ code: 'NOT_FOUND', path: ['input', 'id'], effect: 'NONE' }],
    });
    expect(posted()).toEqual([]);
  });

  it('a report whose evaluation fails to be read is logged as one failure', async () => {
    const linesBefore = (await gateway.flushed()).length;
    upstream.answer(401, { error: { type: 'invalid_request_error' } });
    expect((await send({ loginSucceeded: 'OCCURRED' })).errors).toMatchObject([{ code: 'UPSTREAM_REFUSED' }]);
    const failures = (await gateway.flushed())
      .slice(linesBefore)
      .filter((line) => line.includes('customer evaluation failed'));
    expect(failures).toHaveLength(1);
  });
});
