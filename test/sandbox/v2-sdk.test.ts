import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal } from '../../src/sandbox/journal.ts';
import { Sandbox, sandboxKey } from '../../src/sandbox/sandbox.ts';
import { accountActivity, accountEvaluation } from '../../src/sandbox/v2/shapes.ts';
import { stripePreview } from '../stripe-preview/sdk.ts';

const start = Date.parse('2026-11-26T03:00:00.000Z');
const journal = new Journal();
let now = start;
let sandbox: Sandbox;
let url: string;
let stripe: ReturnType<typeof stripePreview>;

beforeAll(async () => {
  sandbox = new Sandbox({ journal, now: () => now });
  url = await sandbox.listen('127.0.0.1', 0);
  stripe = stripePreview(url, sandboxKey);
});
afterAll(() => sandbox.close());

const attempt = { client_details: { radar_session: 'rse_sandbox_elevated' } };
const registration = {
  account_details: { customer: 'cus_1' },
  requested_signals: ['user_multi_accounting' as const],
  account_activity_details: {
    data: { type: 'registration_attempt' as const, registration_attempt: attempt },
  },
};
const login = {
  account_details: { customer: 'cus_1' },
  requested_signals: ['user_account_sharing' as const],
  account_activity_details: {
    data: {
      type: 'login_attempt' as const,
      login_attempt: { client_details: { data: { ip: '203.0.113.7', user_agent: 'M/5' } } },
    },
  },
};

/** The SDK's result as it was sent, with decimals as strings. */
const written = (answer: object): unknown => JSON.parse(JSON.stringify(answer));

describe('the sandbox’s v2, spoken to by Stripe’s own SDK', () => {
  it('the sandbox’s v2 creates a registration that is pending, and complete when it is read later', async () => {
    const created = await stripe.v2.signals.accountEvaluations.create(registration);
    expect(accountEvaluation.parse(written(created))).toEqual({
      id: expect.stringMatching(/^acctevl_/),
      object: 'v2.signals.account_evaluation',
      created: '2026-11-26T03:00:00.000Z',
      livemode: false,
      account_details: { customer: 'cus_1' },
      requested_signals: ['user_multi_accounting'],
      pending_signals: ['user_multi_accounting'],
      account_activity_details: { account_activity: expect.stringMatching(/^acctact_/) },
    });
    now = start + 299;
    expect((await stripe.v2.signals.accountEvaluations.retrieve(created.id)).pending_signals).toHaveLength(1);
    now = start + 5000;
    const read = await stripe.v2.signals.accountEvaluations.retrieve(created.id);
    expect(written(read)).toEqual({
      ...JSON.parse(JSON.stringify(created)),
      pending_signals: [],
      evaluated_signals: {
        user_multi_accounting: {
          risk_level: 'elevated',
          // The SDK's decimal. The response has `70.0`.
          score: '70',
          evaluated_at: '2026-11-26T03:00:00.300Z',
          signal: expect.stringMatching(/^acctsig_/),
        },
      },
    });
    expect(read.evaluated_signals?.user_multi_accounting?.score?.toString()).toBe('70');
  });

  it('the sandbox’s v2 answers a login with its own signal, and the activities that were recorded and reported', async () => {
    const { id, account_activity_details } = await stripe.v2.signals.accountEvaluations.create(login);
    now += 300;
    const { evaluated_signals } = await stripe.v2.signals.accountEvaluations.retrieve(id);
    expect(Object.keys(evaluated_signals ?? {})).toEqual(['user_account_sharing']);

    const recorded = await stripe.v2.signals.accountActivities.retrieve(
      String(account_activity_details?.account_activity),
    );
    expect(accountActivity.parse(written(recorded))).toMatchObject({
      account_details: { customer: 'cus_1' },
      ...login.account_activity_details.data,
    });

    const decision = {
      type: 'login_decision' as const,
      account_evaluation: id,
      login_decision: { status: 'blocked' as const },
    };
    const activity = await stripe.v2.signals.accountActivities.create(decision);
    expect(accountActivity.parse(written(activity))).toMatchObject(decision);
    expect(await stripe.v2.signals.accountActivities.del(activity.id)).toMatchObject({ id: activity.id });
    await expect(stripe.v2.signals.accountActivities.retrieve(activity.id)).rejects.toMatchObject({
      statusCode: 404,
      code: 'not_found',
    });
  });

  it('the sandbox’s v2 takes the SDK’s raw requests, with the newer path of activities at the newer version', async () => {
    const options = { apiVersion: '2026-09-30.preview' };
    const made = await stripe.rawRequest('POST', '/v2/signals/account_evaluations', registration, options);
    const decision = {
      type: 'registration_decision',
      account_evaluation: made.id,
      registration_decision: { status: 'allowed' },
    };
    const path = '/v2/signals/account_activities';
    expect(await stripe.rawRequest('POST', path, decision, options)).toMatchObject(decision);
    await expect(
      stripe.rawRequest('POST', '/v2/signals/account_activity', decision, options),
    ).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('Unrecognized request URL'),
    });
  });

  it('the sandbox’s v2 returns errors that the SDK reads as its own classes', async () => {
    const { accountEvaluations } = stripe.v2.signals;
    const withWord = (word: string) =>
      accountEvaluations.create({ ...registration, account_details: { customer: `cus_sandbox_${word}` } });
    await expect(accountEvaluations.retrieve('acctevl_none')).rejects.toMatchObject({
      type: 'StripePermissionError',
      code: 'account_evaluation_inaccessible',
      requestId: expect.stringMatching(/^req_/),
    });
    await expect(withWord('error_400')).rejects.toMatchObject({ type: 'StripeInvalidRequestError' });
    await expect(withWord('error_429')).rejects.toMatchObject({ statusCode: 429 });
    await expect(withWord('fraudulent_website_quota_exceeded')).rejects.toMatchObject({
      type: 'QuotaExceededError',
    });
    await expect(withWord('feature_not_enabled')).rejects.toMatchObject({ type: 'FeatureNotEnabledError' });
    const options = { idempotencyKey: 'sdk-conflict' };
    await accountEvaluations.create(registration, options);
    await expect(accountEvaluations.create(login, options)).rejects.toMatchObject({
      type: 'StripeIdempotencyError',
    });
  });

  it('the sandbox’s v2 records calls in the journal under the creating key, reads as well', async () => {
    const { id } = await stripe.v2.signals.accountEvaluations.create(login, { idempotencyKey: 'seen' });
    await stripe.v2.signals.accountEvaluations.retrieve(id);
    const [created, read, ...more] = journal.under('seen');
    expect(more).toEqual([]);
    expect(created?.request).toMatch(/^POST \/v2\/signals\/account_evaluations HTTP\/1\.1\r\n/);
    expect(JSON.parse(created?.request.split('\r\n\r\n')[1] ?? '')).toEqual(login);
    expect(read?.request).toContain(`GET /v2/signals/account_evaluations/${id} HTTP/1.1`);
    expect(read?.answer).toMatch(/^200\n\{"id":"acctevl_/);
    expect(created?.request + String(read?.request)).not.toContain(sandboxKey);
  });
});
