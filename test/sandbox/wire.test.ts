import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Sandbox, sandboxKey } from '../../src/sandbox/sandbox.ts';
import { stripeReleased } from '../stripe-preview/sdk.ts';

const path = '/v1/radar/customer_evaluations';
const older = '2026-03-04.preview';
const newer = '2026-06-24.preview';

const clientDetails = { type: 'client_details', client_details: { radar_session: 'rse_1' } };
const customerDetails = { type: 'customer_details', customer_details: { customer: 'cus_1' } };
const registration = { event_type: 'registration', evaluation_context: [clientDetails, customerDetails] };

let sandbox: Sandbox;
let url: string;
let stripe: ReturnType<typeof stripeReleased>;

beforeAll(async () => {
  sandbox = new Sandbox();
  url = await sandbox.listen('127.0.0.1', 0);
  stripe = stripeReleased(url, sandboxKey);
});
afterAll(() => sandbox.close());

const send = (params: object, apiVersion = older) =>
  stripe.rawRequest('POST', path, params as Record<string, unknown>, { apiVersion });
const post = (form: string, headers: Record<string, string> = {}) =>
  fetch(url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Bearer ${sandboxKey}`,
      'stripe-version': older,
      ...headers,
    },
    body: form,
  });
const aForm =
  'event_type=login&evaluation_context[0][type]=customer_details&evaluation_context[0][customer_details][customer]=c';

describe('the sandbox, spoken to by Stripe’s own SDK', () => {
  it('the sandbox answers a registration as the reference does', async () => {
    expect(await send(registration)).toMatchObject({
      id: expect.stringMatching(/^ceval_/),
      object: 'radar.customer_evaluation',
      event_type: 'registration',
      livemode: false,
      created_at: expect.any(Number),
      customer: 'cus_1',
      events: null,
      signals: {
        multi_accounting: {
          score: expect.any(Number),
          evaluated_at: expect.any(Number),
          risk_level: expect.any(String),
        },
      },
    });
  });

  it('the sandbox answers a login with its own signal, and without a customer where none was named', async () => {
    const answer = await send({ event_type: 'login', evaluation_context: [clientDetails] });
    expect(answer).toMatchObject({ event_type: 'login', customer: null });
    expect(Object.keys(answer.signals)).toEqual(['account_sharing']);
  });

  it('the sandbox gives the same input the same score, and other inputs other scores', async () => {
    const scoreOf = async (radarSession: string): Promise<number> => {
      const entry = { type: 'client_details', client_details: { radar_session: radarSession } };
      const answer = await send({ event_type: 'registration', evaluation_context: [entry] });
      return answer.signals.multi_accounting.score;
    };
    expect(await scoreOf('rse_a')).toBe(await scoreOf('rse_a'));
    const scores = await Promise.all([...'abcdefgh'].map((letter) => scoreOf(`rse_${letter}`)));
    expect(new Set(scores).size).toBeGreaterThan(4);
    for (const score of scores) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(100);
    }
  });

  it('the sandbox accepts any text: the same text has the same score in every encoding', async () => {
    const name = 'Zoë & Co = [100%] 😀';
    const context = 'evaluation_context[0][type]=customer_details&evaluation_context[0][customer_details]';
    const plain = `event_type=login&${context}[customer_data][name]=${encodeURIComponent(name)}`;
    const encoded = plain.replaceAll('[', '%5B').replaceAll(']', '%5D').replaceAll('%20', '+');
    const scores = [];
    for (const form of [plain, encoded]) {
      const answer = (await (await post(form)).json()) as { signals: { account_sharing: { score: number } } };
      scores.push(answer.signals.account_sharing.score);
    }
    expect(scores[1]).toBe(scores[0]);
  });

  it('the sandbox counts 5,000 characters as a person would', async () => {
    const named = (name: string) => ({
      event_type: 'login',
      evaluation_context: [{ type: 'customer_details', customer_details: { customer_data: { name } } }],
    });
    expect(await send(named('😀'.repeat(5000)))).toMatchObject({ event_type: 'login' });
    await expect(send(named('😀'.repeat(5001)))).rejects.toMatchObject({
      statusCode: 400,
      param: 'evaluation_context[0][customer_details][customer_data][name]',
    });
  });
});

describe('a refused parameter', () => {
  const entry = (more: object) => ({ event_type: 'login', evaluation_context: [more] });
  const first = 'evaluation_context[0]';

  it.each<{ what: string; params: object; param: string; code?: string }>([
    {
      what: 'missing event type',
      params: { evaluation_context: [clientDetails] },
      param: 'event_type',
      code: 'parameter_missing',
    },
    { what: 'unknown event type', params: { ...registration, event_type: 'logout' }, param: 'event_type' },
    {
      what: 'missing context',
      params: { event_type: 'login' },
      param: 'evaluation_context',
      code: 'parameter_missing',
    },
    {
      what: 'context that is no list',
      params: { event_type: 'login', evaluation_context: 'x' },
      param: 'evaluation_context',
    },
    {
      what: 'unknown parameter',
      params: { ...registration, shoe_size: '43' },
      param: 'shoe_size',
      code: 'parameter_unknown',
    },
    {
      what: 'unknown parameter deep within',
      params: entry({ type: 'client_details', client_details: { radar_session: 'rse_1', x: 'y' } }),
      param: `${first}[client_details][x]`,
      code: 'parameter_unknown',
    },
    {
      what: 'client data, which this version does not know',
      params: entry({
        type: 'client_details',
        client_details: { radar_session: 'rse_1', data: { ip: '::1' } },
      }),
      param: `${first}[client_details][data]`,
      code: 'parameter_unknown',
    },
    {
      what: 'entry without a type',
      params: entry({ client_details: { radar_session: 'r' } }),
      param: `${first}[type]`,
    },
    {
      what: 'entry whose type is not its payload',
      params: entry({ type: 'client_details', customer_details: { customer: 'cus_1' } }),
      param: `${first}[client_details]`,
      code: 'parameter_missing',
    },
    {
      what: 'hash for a string',
      params: entry({ type: 'client_details', client_details: { radar_session: { a: 'b' } } }),
      param: `${first}[client_details][radar_session]`,
    },
    {
      what: 'empty string',
      params: entry({ type: 'customer_details', customer_details: { customer_data: { email: '' } } }),
      param: `${first}[customer_details][customer_data][email]`,
      code: 'parameter_invalid_empty',
    },
    {
      what: 'string that is too long',
      params: entry({ type: 'customer_details', customer_details: { customer: 'c'.repeat(5001) } }),
      param: `${first}[customer_details][customer]`,
    },
  ])('a refused parameter is named: $what', async ({ params, param, code = expect.any(String) }) => {
    await expect(send(params)).rejects.toMatchObject({
      type: 'StripeInvalidRequestError',
      statusCode: 400,
      param,
      code,
      requestId: expect.stringMatching(/^req_/),
    });
  });

  it('a refused parameter is named if an index is too large for its list', async () => {
    const response = await post('event_type=login&evaluation_context[4294967294][type]=client_details');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'evaluation_context' } });
  });

  it('no parameter is refused for client data under a newer version, if it has an IP address', async () => {
    const withData = (data: object) => entry({ type: 'client_details', client_details: { data } });
    expect(await send(withData({ ip: '::1', user_agent: 'M/5' }), newer)).toMatchObject({
      event_type: 'login',
    });
    await expect(send(withData({ referrer: 'x' }), newer)).rejects.toMatchObject({
      code: 'parameter_missing',
      param: `${first}[client_details][data][ip]`,
    });
  });
});

describe('the sandbox’s v1 API', () => {
  const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

  it.each([
    { what: 'Bearer', authorization: `Bearer ${sandboxKey}`, status: 200 },
    { what: 'Basic, as the reference’s curl has it', authorization: basic(`${sandboxKey}:`), status: 200 },
    { what: 'a restricted key', authorization: 'Bearer rk_live_1', status: 200 },
    { what: 'a publishable key', authorization: 'Bearer pk_test_1', status: 401 },
    { what: 'nothing', authorization: '', status: 401 },
  ])(
    'the sandbox’s v1 API answers $what with $status, and always with a request id',
    async ({ authorization, status }) => {
      const response = await post(aForm, { authorization });
      expect(response.status).toBe(status);
      expect(response.headers.get('request-id')).toMatch(/^req_/);
      expect(await response.json()).toMatchObject(
        status === 200
          ? { object: 'radar.customer_evaluation' }
          : { error: { type: 'invalid_request_error' } },
      );
    },
  );

  it('the sandbox’s v1 API has no such URL in versions before the first preview', async () => {
    const response = await post(aForm, { 'stripe-version': '2025-01-27.acacia' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining('Unrecognized request URL') },
    });
  });

  it('the sandbox is healthy by the health check of the image, without a key', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('the sandbox’s v1 API answers every other URL with 404 and a request id', async () => {
    const response = await fetch(`${url}/v1/customers`);
    expect(response.status).toBe(404);
    expect(response.headers.get('request-id')).toMatch(/^req_/);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it('the sandbox’s v1 API returns an evaluation by its id, from the previews of June 2026 on', async () => {
    const made = await send(registration);
    expect(await stripe.rawRequest('GET', `${path}/${made.id}`, {}, { apiVersion: newer })).toMatchObject({
      id: made.id,
      signals: made.signals,
    });
    await expect(
      stripe.rawRequest('GET', `${path}/${made.id}`, {}, { apiVersion: older }),
    ).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('Unrecognized request URL'),
    });
    await expect(
      stripe.rawRequest('GET', `${path}/ceval_none`, {}, { apiVersion: newer }),
    ).rejects.toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
  });
});
