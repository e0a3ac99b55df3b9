import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountActivity, accountEvaluation, v2Error } from '../../src/sandbox/v2/shapes.ts';
import { evaluationOf, evaluationsPath, type SignalsApi, startSignalsApi } from '../harness/signals-api.ts';

const older = '2026-08-26.preview';
const newer = '2026-09-30.preview';
const aRegistration = evaluationOf('rse_1');

let api: SignalsApi;

beforeAll(async () => {
  api = await startSignalsApi();
});
afterAll(() => api.sandbox.close());

describe('an evaluation of the sandbox’s v2', () => {
  it('an evaluation of the sandbox’s v2 is pending when it is made and complete 300 ms later, in the shapes of the description', async () => {
    const { status, headers, body } = await api.create(aRegistration);
    expect(status).toBe(200);
    expect(headers.get('request-id')).toMatch(/^req_/);
    expect(accountEvaluation.parse(body)).toMatchObject({
      livemode: false,
      account_details: { customer: 'cus_1' },
      requested_signals: ['user_multi_accounting'],
      pending_signals: ['user_multi_accounting'],
    });
    expect(body).not.toHaveProperty('evaluated_signals');
    api.pass(299);
    expect((await api.read(body.id)).body).toEqual(body);
    api.pass(1);
    expect(accountEvaluation.parse((await api.read(body.id)).body)).toEqual({
      ...body,
      pending_signals: [],
      evaluated_signals: {
        user_multi_accounting: {
          risk_level: expect.any(String),
          score: expect.stringMatching(/^\d+\.\d+$/),
          evaluated_at: new Date(Date.parse(body.created) + 300).toISOString(),
          signal: expect.any(String),
        },
      },
    });
  });

  it('an evaluation of the sandbox’s v2 has the same score for the same input, and other scores for others', async () => {
    const scoreOf = async (radarSession: string) => {
      const { body } = await api.create(evaluationOf(`${radarSession} sandbox_complete_at_once`));
      return body.evaluated_signals['user_multi_accounting']?.score;
    };
    expect(await scoreOf('rse_a')).toBe(await scoreOf('rse_a'));
    const scores = await Promise.all([...'abcdefgh'].map((letter) => scoreOf(`rse_${letter}`)));
    expect(new Set(scores).size).toBeGreaterThan(4);
  });

  it('an evaluation of the sandbox’s v2 accepts a business, with its website’s signal and no activity', async () => {
    const { body } = await api.create({
      account_details: { data: { defaults: { profile: { business_url: 'https://example.com' } } } },
      requested_signals: ['fraudulent_website'],
    });
    api.pass(300);
    const read = accountEvaluation.parse((await api.read(body.id)).body);
    expect(read.evaluated_signals?.fraudulent_website).toMatchObject({ details: expect.any(String) });
  });

  it('an evaluation of the sandbox’s v2 exists as an example from the start', async () => {
    for (const id of ['acctevl_example', 'ceval_example']) {
      expect(accountEvaluation.parse((await api.read(id)).body)).toMatchObject({ id, pending_signals: [] });
    }
  });

  it('an evaluation of the sandbox’s v2 belongs to the account that it was made in', async () => {
    const inOne = { 'stripe-account': 'acct_1' };
    const { body } = await api.create(aRegistration, inOne);
    expect((await api.read(body.id, inOne)).status).toBe(200);
    const inaccessible = { status: 403, body: { error: { code: 'account_evaluation_inaccessible' } } };
    expect(await api.read(body.id, { 'stripe-account': 'acct_2' })).toMatchObject(inaccessible);
    expect(await api.read(body.id)).toMatchObject(inaccessible);
  });
});

describe('a body that v2 refuses', () => {
  const { account_details, requested_signals, account_activity_details } = aRegistration;
  const attempt = account_activity_details.data.registration_attempt;
  const withData = (data: object) => ({ ...aRegistration, account_activity_details: { data } });

  it.each<{ what: string; body: unknown; code?: string; place?: string }>([
    { what: 'text that is no JSON', body: '{"account_details":', code: 'invalid_json' },
    { what: 'JSON that is no object', body: '[]' },
    { what: 'no account', body: { requested_signals }, place: 'account_details' },
    {
      what: 'an account without a name',
      body: { ...aRegistration, account_details: {} },
      code: 'invalid_account_details',
    },
    {
      what: 'two accounts',
      body: { ...aRegistration, account_details: { customer: 'cus_1', account: 'acct_1' } },
      code: 'invalid_account_details',
    },
    {
      what: 'an end user’s e-mail',
      body: { ...aRegistration, account_details: { data: { email: 'a@example.com' } } },
      place: 'account_details[data]',
    },
    { what: 'no signals', body: { account_details }, place: 'requested_signals' },
    {
      what: 'an empty list of signals',
      body: { account_details, requested_signals: [] },
      place: 'requested_signals',
    },
    {
      what: 'a signal that nobody knows',
      body: { ...aRegistration, requested_signals: ['time_travel'] },
      place: 'requested_signals[0]',
    },
    { what: 'an unknown field', body: { ...aRegistration, shoe_size: 43 }, place: 'the body' },
    {
      what: 'null for what is optional',
      body: { ...aRegistration, account_activity_details: null },
      place: 'account_activity_details',
    },
    {
      what: 'an attempt of the other type',
      body: withData({ type: 'login_attempt', registration_attempt: attempt }),
      place: 'account_activity_details[data]',
    },
    { what: 'an attempt without a type', body: withData({ registration_attempt: attempt }) },
    {
      what: 'an attempt without client details',
      body: withData({ type: 'registration_attempt', registration_attempt: { client_details: {} } }),
      place: 'account_activity_details[data][registration_attempt][client_details]',
    },
    {
      what: 'client data without an address',
      body: withData({
        type: 'registration_attempt',
        registration_attempt: { client_details: { data: { user_agent: 'M/5' } } },
      }),
      place: 'account_activity_details[data][registration_attempt][client_details][data][ip]',
    },
    {
      what: 'a time that is none',
      body: withData({ ...account_activity_details.data, occurred_at: 'yesterday' }),
      place: 'account_activity_details[data][occurred_at]',
    },
    {
      what: 'an empty string',
      body: { ...aRegistration, account_details: { customer: '' } },
      place: 'account_details[customer]',
    },
    {
      what: 'a word that the sandbox does not have',
      body: evaluationOf('rse_sandbox_heighest'),
      place: 'registration_attempt][client_details][radar_session]',
    },
  ])('a body that v2 refuses is one with $what', async ({ body, code = 'invalid_fields', place = '' }) => {
    const before = api.sandbox.created;
    const answer = await api.create(body);
    expect(answer.status).toBe(400);
    expect(v2Error.parse(answer.body).error).toMatchObject({ code, message: expect.stringContaining(place) });
    expect(api.sandbox.created).toBe(before);
  });

  it('a body that v2 refuses is one that names a missing activity', async () => {
    const body = { ...aRegistration, account_activity_details: { account_activity: 'acctact_none' } };
    expect(await api.create(body)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });
});

describe('the sandbox’s v2 API', () => {
  it.each<{ what: string; headers: Record<string, string | undefined>; status: number; says?: string }>([
    { what: 'a restricted key', headers: { authorization: 'Bearer rk_test_1' }, status: 200 },
    { what: 'no key', headers: { authorization: undefined }, status: 401, says: 'API key' },
    {
      what: 'a publishable key',
      headers: { authorization: 'Bearer pk_test_1' },
      status: 401,
      says: 'API key',
    },
    {
      what: 'no version',
      headers: { 'stripe-version': undefined },
      status: 400,
      says: 'Stripe-Version is required',
    },
    { what: 'a version that is none', headers: { 'stripe-version': 'newest' }, status: 400, says: 'version' },
    { what: 'the first version', headers: { 'stripe-version': older }, status: 200 },
    {
      what: 'a version before it',
      headers: { 'stripe-version': '2026-07-29.preview' },
      status: 404,
      says: 'Unrecognized request URL',
    },
    {
      what: 'a version that is no preview',
      headers: { 'stripe-version': '2026-10-28.endive' },
      status: 404,
      says: 'Unrecognized request URL',
    },
    { what: 'an account', headers: { 'stripe-account': 'acct_1' }, status: 200 },
    { what: 'a context', headers: { 'stripe-context': 'acct_1' }, status: 200 },
    {
      what: 'an account and a context',
      headers: { 'stripe-account': 'acct_1', 'stripe-context': 'acct_1' },
      status: 400,
      says: 'Stripe-Context',
    },
    {
      what: 'a form',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      status: 400,
      says: 'application/json',
    },
    { what: 'a key of 255 characters', headers: { 'idempotency-key': 'k'.repeat(255) }, status: 200 },
    {
      what: 'a key of 256 characters',
      headers: { 'idempotency-key': 'k'.repeat(256) },
      status: 400,
      says: '255',
    },
  ])('the sandbox’s v2 API answers $what with $status', async ({ headers, status, says = '' }) => {
    const answer = await api.create(aRegistration, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('request-id')).toMatch(/^req_/);
    if (status !== 200) expect(answer.body.error).toMatchObject({ message: expect.stringContaining(says) });
    if (status !== 200) expect(answer.body.error).not.toHaveProperty('param');
  });

  it('the sandbox’s v2 API marks evaluations of live keys as live', async () => {
    const { body } = await api.create(aRegistration, { authorization: 'Bearer sk_live_1' });
    expect(body).toMatchObject({ livemode: true });
  });

  it('the sandbox’s v2 API has no list, no update and no deletion of evaluations', async () => {
    for (const [method, path] of [
      ['GET', evaluationsPath],
      ['POST', `${evaluationsPath}/acctevl_example`],
      ['DELETE', `${evaluationsPath}/acctevl_example`],
    ] as const) {
      expect((await api.send(method, path)).status).toBe(404);
    }
  });
});

describe('an account activity of the sandbox’s v2', () => {
  const decision = {
    type: 'login_decision',
    account_evaluation: 'acctevl_example',
    login_decision: { status: 'restricted' },
  };

  it.each([
    { version: older, path: '/v2/signals/account_activity', other: '/v2/signals/account_activities' },
    { version: newer, path: '/v2/signals/account_activities', other: '/v2/signals/account_activity' },
  ])(
    'an account activity of the sandbox’s v2 is created, read and deleted under $path at $version only',
    async ({ version, path, other }) => {
      const headers = { 'stripe-version': version };
      const { status, body } = await api.send('POST', path, decision, headers);
      expect(status).toBe(200);
      expect(accountActivity.parse(body)).toMatchObject({ ...decision, livemode: false });
      expect((await api.send('GET', `${path}/${body.id}`, undefined, headers)).body).toEqual(body);
      for (const [method, url, sent] of [
        ['POST', other, decision],
        ['GET', `${other}/${body.id}`, undefined],
        ['DELETE', `${other}/${body.id}`, undefined],
      ] as const) {
        expect(await api.send(method, url, sent, headers)).toMatchObject({
          status: 404,
          body: { error: { message: expect.stringContaining('Unrecognized request URL') } },
        });
      }
      expect(await api.send('DELETE', `${path}/${body.id}`, undefined, headers)).toMatchObject({
        status: 200,
        body: { id: body.id },
      });
      expect(await api.send('DELETE', `${path}/${body.id}`, undefined, headers)).toMatchObject({
        status: 404,
      });
    },
  );

  it.each<{ what: string; body: object; status: number; code: string }>([
    {
      what: 'an unknown type',
      body: { ...decision, type: 'logout_decision' },
      status: 400,
      code: 'invalid_fields',
    },
    {
      what: 'the decision of another type',
      body: { ...decision, type: 'registration_decision' },
      status: 400,
      code: 'invalid_fields',
    },
    {
      what: 'a status that nobody knows',
      body: { ...decision, login_decision: { status: 'maybe' } },
      status: 400,
      code: 'invalid_fields',
    },
    { what: 'a reason', body: { ...decision, reason: 'other' }, status: 400, code: 'invalid_fields' },
    {
      what: 'neither evaluation nor account',
      body: { type: decision.type, login_decision: decision.login_decision },
      status: 400,
      code: 'invalid_account_details',
    },
    {
      what: 'an evaluation that is not there',
      body: { ...decision, account_evaluation: 'acctevl_none' },
      status: 404,
      code: 'not_found',
    },
    {
      what: 'a customer that is not accessible',
      body: { ...decision, account_details: { customer: 'cus_sandbox_account_inaccessible' } },
      status: 403,
      code: 'account_inaccessible',
    },
  ])('an account activity of the sandbox’s v2 is refused with $what', async ({ body, status, code }) => {
    const answer = await api.send('POST', '/v2/signals/account_activities', body);
    expect(answer.status).toBe(status);
    expect(v2Error.parse(answer.body).error).toMatchObject({ code });
  });
});
