import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

/*
 * One table of what a frontend may meet, run in front of both of Stripe's APIs. A row has the result with both, or with
 * each where they differ.
 */
type Api = 'v1' | 'v2';
interface Answered {
  readonly codes: readonly string[];
  /** The location of the first error, from the entries of the context downwards. */
  readonly path?: readonly string[] | null;
  readonly effect?: 'NONE' | 'UNKNOWN';
  /** The number of requests sent to Stripe. */
  readonly requests: number;
}
interface Row {
  readonly what: string;
  readonly input?: object;
  /** Stripe's response; by default, an evaluation. */
  readonly stripe?: (api: Api) => [status: number, body: unknown, headers?: Record<string, string>];
  readonly both?: Answered;
  readonly v1?: Answered;
  readonly v2?: Answered;
}

const client = { clientDetails: { radarSession: 'rse_1' } };
const customer = { customerDetails: { customer: 'cus_1' } };
const login = (...evaluationContext: object[]) => ({ eventType: 'LOGIN', evaluationContext });
const person = { customerDetails: { customerData: { email: 'ada@example.com' } } };
const context = (...path: string[]) => ['input', 'evaluationContext', ...path];
const ok = { codes: [], requests: 1 };
const error =
  (status: number, fields: object, headers: Record<string, string> = {}) =>
  (): [number, object, Record<string, string>] => [
    status,
    { error: { message: 'canary', ...fields } },
    headers,
  ];
const missing: Readonly<Record<Api, [number, object]>> = {
  v1: [
    400,
    {
      type: 'invalid_request_error',
      code: 'resource_missing',
      param: 'evaluation_context[1][customer_details][customer]',
    },
  ],
  v2: [403, { code: 'account_inaccessible' }],
};

const rows: readonly Row[] = [
  { what: 'a login from a customer', both: ok },
  { what: 'a registration', input: { ...login(client, customer), eventType: 'REGISTRATION' }, both: ok },
  { what: 'entries in the other order', input: login(customer, client), both: ok },
  { what: 'a customer alone', input: login(customer), both: ok },
  {
    what: 'client data in place of a Radar Session',
    input: login({ clientDetails: { data: { ip: '203.0.113.7' } } }, customer),
    both: ok,
  },
  {
    what: 'a person who is no Stripe customer',
    input: login(client, person),
    v1: ok,
    v2: {
      codes: ['UPSTREAM_UNSUPPORTED'],
      path: context('1', 'customerDetails', 'customerData'),
      requests: 0,
    },
  },
  {
    what: 'a client alone',
    input: login(client),
    v1: ok,
    v2: { codes: ['UPSTREAM_UNSUPPORTED'], path: context(), requests: 0 },
  },
  {
    what: 'two customers',
    input: login(customer, customer),
    v1: ok,
    v2: { codes: ['BAD_USER_INPUT'], path: context('1', 'customerDetails'), requests: 0 },
  },
  {
    what: 'no entry at all',
    input: login(),
    both: { codes: ['BAD_USER_INPUT'], path: context(), effect: 'NONE', requests: 0 },
  },
  {
    what: 'an event type that nobody knows',
    input: { ...login(client, customer), eventType: 'UNKNOWN' },
    both: { codes: ['BAD_USER_INPUT'], path: ['input', 'eventType'], requests: 0 },
  },
  {
    what: 'two empty fields',
    input: login({ clientDetails: { radarSession: '' } }, { customerDetails: { customer: '' } }),
    both: {
      codes: ['BAD_USER_INPUT', 'BAD_USER_INPUT'],
      path: context('0', 'clientDetails', 'radarSession'),
      requests: 0,
    },
  },
  {
    what: 'half of a surrogate pair',
    input: login(client, { customerDetails: { customer: '\ud800' } }),
    both: { codes: ['BAD_USER_INPUT'], path: context('1', 'customerDetails', 'customer'), requests: 0 },
  },
  {
    what: 'a key that is none',
    input: { ...login(client, customer), idempotencyKey: 'ä' },
    both: { codes: ['BAD_USER_INPUT'], path: ['input', 'idempotencyKey'], requests: 0 },
  },
  {
    what: 'a customer whom Stripe does not know',
    stripe: (api) => [missing[api][0], { error: { message: 'canary', ...missing[api][1] } }],
    both: {
      codes: ['NOT_FOUND'],
      path: context('1', 'customerDetails', 'customer'),
      effect: 'NONE',
      requests: 1,
    },
  },
  {
    what: 'another input under a key that was used',
    stripe: error(400, { type: 'idempotency_error' }),
    both: { codes: ['IDEMPOTENCY_CONFLICT'], path: null, effect: 'NONE', requests: 1 },
  },
  {
    what: 'a key that Stripe refuses',
    stripe: error(401, { type: 'invalid_request_error' }),
    both: { codes: ['UPSTREAM_REFUSED'], path: null, effect: 'NONE', requests: 1 },
  },
  {
    what: 'a limit of this resource',
    stripe: error(429, { type: 'rate_limit' }, { 'stripe-rate-limited-reason': 'resource-specific' }),
    both: { codes: ['UPSTREAM_RATE_LIMITED'], path: null, effect: 'NONE', requests: 1 },
  },
  {
    what: 'a failure that Stripe says not to repeat',
    stripe: error(500, { type: 'api_error' }, { 'stripe-should-retry': 'false' }),
    both: { codes: ['UPSTREAM_UNAVAILABLE'], path: null, effect: 'UNKNOWN', requests: 1 },
  },
  {
    what: 'a redirect',
    stripe: () => [307, '', { location: 'http://127.0.0.1:1/' }],
    both: { codes: ['UPSTREAM_INVALID_RESPONSE'], path: null, effect: 'UNKNOWN', requests: 1 },
  },
  {
    what: 'an answer that is no JSON',
    stripe: () => [200, '<html>'],
    both: { codes: ['UPSTREAM_INVALID_RESPONSE'], path: null, effect: 'UNKNOWN', requests: 1 },
  },
  {
    what: 'an answer of the other API',
    stripe: (api) => [200, evaluation(api === 'v1' ? 'v2' : 'v1', 'login')],
    both: { codes: ['UPSTREAM_INVALID_RESPONSE'], path: null, effect: 'UNKNOWN', requests: 1 },
  },
];

function evaluation(api: Api, event: 'login' | 'registration'): object {
  if (api === 'v1') {
    return {
      id: 'ceval_1',
      object: 'radar.customer_evaluation',
      event_type: event,
      livemode: false,
      created_at: 1_715_769_600,
    };
  }
  return {
    id: 'acctevl_1',
    object: 'v2.signals.account_evaluation',
    created: '2024-05-15T10:40:00Z',
    livemode: false,
    requested_signals: [event === 'login' ? 'user_account_sharing' : 'user_multi_accounting'],
  };
}

const mutation = `mutation ($input: CreateCustomerEvaluationInput!) {
  createCustomerEvaluation(input: $input) {
    customerEvaluation { eventType livemode createdAt pendingSignals }
    errors { code path effect }
    idempotencyKey
  }
}`;

describe.each(['v1', 'v2'] as const)('a creation before STRIPE_API=%s', (api) => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(upstreamAt(upstream.url, { STRIPE_API: api }));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  it.each(rows)('each API’s response to $what matches one table', async (row) => {
    const { input = login(client, customer), stripe } = row;
    const expected = row[api] ?? row.both;
    if (expected === undefined) throw new Error('a row without an expectation');
    const event = (input as { eventType: string }).eventType === 'REGISTRATION' ? 'registration' : 'login';
    const [status, body, headers] = stripe?.(api) ?? [200, evaluation(api, event)];
    upstream.answer(status, body, headers);
    const { data, text } = await gateway.send(mutation, { input });
    const { customerEvaluation, errors, idempotencyKey } = data.createCustomerEvaluation;

    expect(errors.map(({ code }) => code)).toEqual(expected.codes);
    if (expected.path !== undefined) expect(errors[0]?.path).toEqual(expected.path);
    if (expected.effect !== undefined) expect(errors[0]?.effect).toBe(expected.effect);
    expect(upstream.requests).toHaveLength(expected.requests);
    expect(idempotencyKey).toEqual(expect.any(String));
    expect(text).not.toContain('canary');
    if (expected.codes.length === 0) {
      expect(customerEvaluation).toEqual({
        eventType: event.toUpperCase(),
        livemode: false,
        createdAt: '2024-05-15T10:40:00.000Z',
        pendingSignals: [],
      });
    } else expect(customerEvaluation).toBeNull();
  });
});
