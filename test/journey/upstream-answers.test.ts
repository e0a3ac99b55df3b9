import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, loginAnswer, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import type { PayloadData } from '../harness/response-data.ts';

const signal = { score: 50, evaluated_at: 1715769600, risk_level: 'normal' };
const login = registration({ eventType: 'LOGIN' });

let upstream: RecordingUpstream;
let elsewhere: RecordingUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  elsewhere = await startRecordingUpstream();
  elsewhere.answer(200, registrationAnswer);
  gateway = await startTestGateway(upstreamAt(upstream.url));
});
afterAll(async () => {
  await gateway.close();
  await elsewhere.close();
  await upstream.close();
});
beforeEach(async () => {
  upstream.requests.length = 0;
  (await gateway.flushed()).length = 0;
});

/** The payload of one call; fails where it was not sent, or where the key or what the upstream said shows. */
async function create(input: object = registration()): Promise<PayloadData> {
  const answer = await gateway.send(createEverything, { input });
  expect(upstream.requests.length).toBeGreaterThan(0);
  expect(answer.errors).toBeUndefined();
  for (const text of [answer.text, ...(await gateway.flushed())]) expect(text).not.toContain('canary');
  return answer.data.createCustomerEvaluation;
}

const leveled = (riskLevel: string) => ({
  ...loginAnswer,
  signals: { account_sharing: { ...signal, risk_level: riskLevel } },
});
const { customer: _, ...withoutCustomer } = registrationAnswer;
const { signals: _signals, ...withoutSignals } = registrationAnswer;

describe('an answer that is read', () => {
  it.each<{ what: string; input?: object; body: object; evaluation: object }>([
    { what: 'no customer', body: withoutCustomer, evaluation: { customer: null } },
    {
      what: 'a null for the customer',
      body: { ...registrationAnswer, customer: null },
      evaluation: { customer: null },
    },
    {
      what: 'a null for the signals',
      body: { ...registrationAnswer, signals: null },
      evaluation: { signals: null },
    },
    { what: 'no signals', body: withoutSignals, evaluation: { signals: null } },
    {
      what: 'signals without any member',
      body: { ...registrationAnswer, signals: {} },
      evaluation: {
        signals: { __typename: 'RegistrationSignals', multiAccounting: null, accountSharing: null },
      },
    },
    {
      what: 'both signals',
      input: login,
      body: {
        ...loginAnswer,
        signals: { account_sharing: signal, multi_accounting: { ...signal, score: 0.5 } },
      },
      evaluation: {
        signals: {
          __typename: 'LoginSignals',
          accountSharing: { __typename: 'AccountSharingSignal', score: 50, riskLevel: 'NORMAL' },
          multiAccounting: { __typename: 'MultiAccountingSignal', score: 0.5, riskLevel: 'NORMAL' },
        },
      },
    },
    {
      what: 'events and a status',
      body: {
        ...registrationAnswer,
        status: 'blocked',
        events: [
          {
            type: 'registration_failed',
            occurred_at: 1715769600,
            registration_failed: { reason: 'suspected_multi_accounting' },
          },
          { type: 'registration_success', occurred_at: 1715769661 },
        ],
      },
      evaluation: {
        status: 'BLOCKED',
        events: [
          {
            type: 'REGISTRATION_FAILED',
            occurredAt: '2024-05-15T10:40:00.000Z',
            failureReason: 'SUSPECTED_MULTI_ACCOUNTING',
          },
          { type: 'REGISTRATION_SUCCESS', occurredAt: '2024-05-15T10:41:01.000Z', failureReason: null },
        ],
      },
    },
    ...['highest', 'elevated', 'normal', 'low', 'not_assessed', 'unknown'].map((level) => ({
      what: `the risk level ${level}`,
      input: login,
      body: leveled(level),
      evaluation: { signals: { accountSharing: { riskLevel: level.toUpperCase() } } },
    })),
  ])('an answer that is read may hold $what', async ({ input, body, evaluation }) => {
    upstream.answer(200, body);
    const payload = await create(input);
    expect(payload.errors).toEqual([]);
    expect(payload.customerEvaluation).toMatchObject(evaluation);
  });

  it('a response may hold new values and fields: they never fail a call, and are logged once, by name', async () => {
    upstream.answer(200, {
      ...leveled('canary_level'),
      status: 'canary_status',
      events: [{ type: 'canary_type', occurred_at: 0, login_failed: { reason: 'canary_reason' } }],
      new_field: 'canary_value',
    });
    const drift = async () =>
      (await gateway.flushed()).filter((line) => line.includes('unknown value or field'));
    expect(await create(login)).toMatchObject({
      customerEvaluation: {
        status: 'UNKNOWN',
        events: [{ type: 'UNKNOWN', failureReason: 'UNKNOWN' }],
        signals: { accountSharing: { riskLevel: 'UNKNOWN' } },
      },
      errors: [],
    });
    expect(await drift()).toHaveLength(5);
    expect((await drift()).join('')).toContain('unknown field new_field');
    await create(login);
    expect(await drift()).toHaveLength(5);
  });
});

describe('an answer that cannot be read', () => {
  const refused = {
    customerEvaluation: null,
    errors: [{ code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN', retryable: true, path: null }],
  };

  it.each<{ what: string; status?: number; body: unknown; headers?: Record<string, string> }>([
    { what: 'a wrong type', body: { ...registrationAnswer, livemode: 'canary' } },
    { what: 'a missing id', body: { ...registrationAnswer, id: undefined } },
    { what: 'another object', body: { ...registrationAnswer, object: 'canary' } },
    { what: 'another event type', body: loginAnswer },
    { what: 'a list', body: [registrationAnswer] },
    { what: 'no JSON', body: 'canary' },
    { what: 'half of its JSON', body: JSON.stringify(registrationAnswer).slice(0, -9) },
    { what: 'HTML', body: '<h1>canary</h1>', headers: { 'content-type': 'text/html' } },
    { what: 'nothing', status: 204, body: '' },
    { what: 'more than 1 MB', body: { ...registrationAnswer, padding: 'canary'.repeat(200_000) } },
  ])(
    'a response that cannot be read because of $what is an invalid response',
    async ({ status = 200, body, headers = {} }) => {
      upstream.answer(status, body, headers);
      expect(await create()).toMatchObject(refused);
    },
  );

  it('a response that is compressed without being requested so is an invalid response', async () => {
    upstream.handle((response) => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify(registrationAnswer)));
    });
    expect(await create()).toMatchObject(refused);
    expect(upstream.requests[0]?.headers['accept-encoding'] ?? 'identity').toBe('identity');
  });

  it.each([301, 302, 303, 307, 308])('a redirect (%d) is not followed', async (status) => {
    upstream.answer(status, '', { location: `${elsewhere.url}/v1/radar/customer_evaluations` });
    expect(await create()).toMatchObject(refused);
    expect(elsewhere.requests).toEqual([]);
  });
});
