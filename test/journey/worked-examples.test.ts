import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, loginAnswer, registrationAnswer } from '../harness/evaluations.ts';
import { formFields } from '../harness/forms.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const customer = 'cus_1STA7a9XxSPY66dBhVL80eEC';
const radarSession = 'rse_1ST9qQ9XxSPY66dBmI6YhJ9u';
const evaluatedAt = '2024-05-15T10:40:00.000Z';

// The reference's three examples, each as an operation with literals, its variables, its form, its answer.
const examples = [
  {
    name: 'a registration from a customer id',
    literal: `{ eventType: REGISTRATION, evaluationContext: [
      { clientDetails: { radarSession: "${radarSession}" } },
      { customerDetails: { customer: "${customer}" } }
    ] }`,
    input: {
      eventType: 'REGISTRATION',
      evaluationContext: [{ clientDetails: { radarSession } }, { customerDetails: { customer } }],
    },
    form: [
      ['event_type', 'registration'],
      ['evaluation_context[0][type]', 'client_details'],
      ['evaluation_context[0][client_details][radar_session]', radarSession],
      ['evaluation_context[1][type]', 'customer_details'],
      ['evaluation_context[1][customer_details][customer]', customer],
    ],
    answer: registrationAnswer,
    eventType: 'REGISTRATION',
    signals: {
      __typename: 'RegistrationSignals',
      multiAccounting: { __typename: 'MultiAccountingSignal', score: 50, riskLevel: null, evaluatedAt },
      accountSharing: null,
    },
  },
  {
    name: 'a registration from customer data',
    literal: `{ eventType: REGISTRATION, evaluationContext: [
      { clientDetails: { radarSession: "${radarSession}" } },
      { customerDetails: { customerData: { email: "test@example.com", name: "Test User", phone: "1234567890" } } }
    ] }`,
    input: {
      eventType: 'REGISTRATION',
      evaluationContext: [
        { clientDetails: { radarSession } },
        {
          customerDetails: {
            customerData: { email: 'test@example.com', name: 'Test User', phone: '1234567890' },
          },
        },
      ],
    },
    form: [
      ['event_type', 'registration'],
      ['evaluation_context[0][type]', 'client_details'],
      ['evaluation_context[0][client_details][radar_session]', radarSession],
      ['evaluation_context[1][type]', 'customer_details'],
      ['evaluation_context[1][customer_details][customer_data][email]', 'test@example.com'],
      ['evaluation_context[1][customer_details][customer_data][name]', 'Test User'],
      ['evaluation_context[1][customer_details][customer_data][phone]', '1234567890'],
    ],
    answer: registrationAnswer,
    eventType: 'REGISTRATION',
    signals: {
      __typename: 'RegistrationSignals',
      multiAccounting: { __typename: 'MultiAccountingSignal', score: 50, riskLevel: null, evaluatedAt },
      accountSharing: null,
    },
  },
  {
    name: 'a login from a customer id',
    literal: `{ eventType: LOGIN, evaluationContext: [
      { clientDetails: { radarSession: "${radarSession}" } },
      { customerDetails: { customer: "${customer}" } }
    ] }`,
    input: {
      eventType: 'LOGIN',
      evaluationContext: [{ clientDetails: { radarSession } }, { customerDetails: { customer } }],
    },
    form: [
      ['event_type', 'login'],
      ['evaluation_context[0][type]', 'client_details'],
      ['evaluation_context[0][client_details][radar_session]', radarSession],
      ['evaluation_context[1][type]', 'customer_details'],
      ['evaluation_context[1][customer_details][customer]', customer],
    ],
    answer: loginAnswer,
    eventType: 'LOGIN',
    signals: {
      __typename: 'LoginSignals',
      accountSharing: { __typename: 'AccountSharingSignal', score: 50, riskLevel: null, evaluatedAt },
      multiAccounting: null,
    },
  },
];

describe('the worked examples of the reference', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(upstreamAt(upstream.url, { STRIPE_ACCOUNT: 'acct_1' }));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  it.each(
    examples.flatMap((example) => [
      { ...example, written: 'literals' },
      { ...example, written: 'variables' },
    ]),
  )(
    'the worked example $name is sent as the reference has it, written with $written',
    async ({ written, literal, input, form, answer, eventType, signals }) => {
      upstream.answer(200, answer, { 'request-id': 'req_1' });

      const result =
        written === 'literals'
          ? await gateway.send(
              createEverything
                .replace('mutation Create($input: CreateCustomerEvaluationInput!)', 'mutation')
                .replace('input: $input', `input: ${literal}`),
            )
          : await gateway.send(createEverything, { input });

      expect(upstream.requests).toHaveLength(1);
      const [request] = upstream.requests;
      expect(request?.method).toBe('POST');
      expect(request?.url).toBe('/v1/radar/customer_evaluations');
      expect(formFields(request?.body ?? '')).toEqual(form);
      expect(request?.headers).toMatchObject({
        authorization: 'Bearer sk_test_canary0key',
        'content-type': 'application/x-www-form-urlencoded',
        'stripe-version': '2026-09-30.preview',
        'stripe-account': 'acct_1',
      });
      expect(request?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
      expect(result.status).toBe(200);
      expect(result.errors).toBeUndefined();
      expect(result.data.createCustomerEvaluation).toEqual({
        customerEvaluation: {
          id: 'ceval_1STAJ19XxSPY66dBEesAnzjw',
          eventType,
          livemode: true,
          pendingSignals: [],
          createdAt: '2024-05-15T10:40:00.000Z',
          status: null,
          customer: { id: customer },
          events: null,
          signals,
        },
        errors: [],
        idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    },
  );

  it('the gateway keeps the client’s order of entries', async () => {
    upstream.answer(200, loginAnswer);
    await gateway.send(createEverything, {
      input: {
        eventType: 'LOGIN',
        evaluationContext: [{ customerDetails: { customer } }, { clientDetails: { radarSession } }],
      },
    });
    expect(formFields(upstream.requests[0]?.body ?? '')).toEqual([
      ['event_type', 'login'],
      ['evaluation_context[0][type]', 'customer_details'],
      ['evaluation_context[0][customer_details][customer]', customer],
      ['evaluation_context[1][type]', 'client_details'],
      ['evaluation_context[1][client_details][radar_session]', radarSession],
    ]);
  });

  it('the gateway sends the same key upstream for the same key of a client, and never the key itself', async () => {
    upstream.answer(200, registrationAnswer);
    const input = {
      eventType: 'REGISTRATION',
      evaluationContext: [{ clientDetails: { radarSession } }],
      idempotencyKey: 'my own key',
    };
    const results = [
      await gateway.send(createEverything, { input }),
      await gateway.send(createEverything, { input }),
    ];
    const [first, second] = upstream.requests.map((request) => request.headers['idempotency-key']);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBe(first);
    expect(results.map((result) => result.data.createCustomerEvaluation.idempotencyKey)).toEqual([
      'my own key',
      'my own key',
    ]);
  });

  it('the gateway treats aliased mutations of one document as separate calls', async () => {
    upstream.answer(200, registrationAnswer);
    const field = `createCustomerEvaluation(input: ${examples[0]?.literal}) { idempotencyKey }`;
    const result = await gateway.send(`mutation { a: ${field} b: ${field} }`);
    expect(upstream.requests).toHaveLength(2);
    expect(result.data.a.idempotencyKey).not.toBe(result.data.b.idempotencyKey);
  });
});
