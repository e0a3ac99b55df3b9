import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, loginAnswer, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const own = registrationAnswer.customer;
const answered = { ...registrationAnswer, id: 'ceval_1' };
const retrieve = '{ customerEvaluation(id: "ceval_1") { id } }';
const entity = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on CustomerEvaluation { id status } }
}`;
const report = `mutation ($customer: ID) {
  reportCustomerEvaluation(input: { id: "ceval_1", report: { outcome: { status: ALLOWED, customer: $customer } } }) {
    customerEvaluation { id }
    errors { code }
  }
}`;
const representations = [{ __typename: 'CustomerEvaluation', id: 'ceval_1' }];

describe('what a caller may do', () => {
  let upstream: RecordingUpstream;
  let issuer: Issuer;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    issuer = await startIssuer();
    gateway = await startTestGateway(
      upstreamAt(
        upstream.url,
        issuer.environment({
          JWT_CUSTOMER_CLAIM: 'stripe_customer',
          SIGNALS_VISIBILITY: 'scoped',
          STRIPE_API_VERSION: '2026-06-24.preview',
        }),
      ),
    );
  });
  afterAll(async () => {
    await gateway.close();
    await issuer.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.answer(200, answered);
  });

  async function send(claims: Record<string, unknown>, query: string, variables?: object) {
    return gateway.send(query, variables, { authorization: `Bearer ${await issuer.token(claims)}` });
  }
  const create = (claims: Record<string, unknown>, ...evaluationContext: object[]) =>
    send(claims, createEverything, {
      input: registration({
        evaluationContext: [{ clientDetails: { radarSession: 'rse_1' } }, ...evaluationContext],
      }),
    });
  const forbidden = { code: 'FORBIDDEN', retryable: false, effect: 'NONE' };
  const bound = { stripe_customer: own };

  describe('by scope', () => {
    it.each([
      ['create', 'evaluations:read', createEverything, { input: registration() }],
      ['read', 'evaluations:create', retrieve, undefined],
      ['report', 'evaluations:read', report, undefined],
      ['read as an entity', 'evaluations:create', entity, { representations }],
    ])(
      'a caller with another scope does not %s, and nothing reaches Stripe',
      async (_, scope, query, variables) => {
        const result = await send({ scope: `${scope} evaluations:any-customer` }, query, variables);
        expect(result.status).toBe(200);
        expect(result.errors).toHaveLength(1);
        expect(result.errors?.[0]?.extensions).toEqual(forbidden);
        expect(upstream.requests).toHaveLength(0);
      },
    );

    it.each([
      { scope: undefined },
      { scope: '' },
      { scope: 5 },
      { scope: 'evaluations:createx' },
      { scope: 'evaluations' },
    ])('a caller with the scopes %j may do nothing', async (claims) => {
      const result = await create(claims);
      expect(result.errors?.[0]?.extensions).toEqual(forbidden);
      expect(upstream.requests).toHaveLength(0);
    });

    it('the gateway reads scopes from scp, too, as a list or a string', async () => {
      for (const scp of [['evaluations:create'], 'openid evaluations:create']) {
        const result = await create({ scope: undefined, scp });
        expect(result.data.createCustomerEvaluation.errors).toEqual([]);
      }
      expect(upstream.requests).toHaveLength(2);
    });

    it('the gateway returns everything but the signals to a caller without their scope', async () => {
      const result = await create({ scope: 'evaluations:create' });
      expect(result.status).toBe(200);
      expect(result.data.createCustomerEvaluation.customerEvaluation).toMatchObject({
        id: answered.id,
        signals: null,
      });
      expect(result.errors).toHaveLength(1);
      // The evaluation was made: it is not called again under another key.
      const { idempotencyKey } = result.data.createCustomerEvaluation;
      expect(result.errors?.[0]).toMatchObject({
        path: ['createCustomerEvaluation', 'customerEvaluation', 'signals'],
        extensions: { ...forbidden, effect: 'UNKNOWN', idempotencyKeys: [idempotencyKey] },
      });
      expect(result.text).not.toMatch(/"score"|:50\b/);
    });

    it('the gateway returns the signals to a caller with their scope', async () => {
      const result = await create({});
      expect(result.errors).toBeUndefined();
      expect(result.data.createCustomerEvaluation.customerEvaluation.signals.multiAccounting.score).toBe(50);
    });

    it('the schema says in its descriptions which scope is needed', async () => {
      const result = await gateway.send('{ _service { sdl } }', undefined, {
        authorization: `Bearer ${await issuer.token()}`,
      });
      for (const scope of ['create', 'read', 'signals'])
        expect(result.text).toContain(`evaluations:${scope}`);
    });
  });

  describe('for customers', () => {
    it('a caller bound to a customer evaluates that customer', async () => {
      const result = await create(bound, { customerDetails: { customer: own } });
      expect(result.errors).toBeUndefined();
      expect(upstream.requests).toHaveLength(1);
    });

    it('a caller bound to a customer evaluates without naming one', async () => {
      expect((await create(bound)).errors).toBeUndefined();
    });

    it.each([
      ['another', bound, [{ customerDetails: { customer: 'cus_other' } }]],
      [
        'another behind its own',
        bound,
        [{ customerDetails: { customer: own } }, { customerDetails: { customer: 'cus_other' } }],
      ],
      ['one in other letters', bound, [{ customerDetails: { customer: own.toUpperCase() } }]],
      ['a stranger’s data', bound, [{ customerDetails: { customerData: { email: 'a@example.com' } } }]],
      ['any, having none of its own', {}, [{ customerDetails: { customer: own } }]],
    ])(
      'a caller bound to a customer does not evaluate %s, and nothing reaches Stripe',
      async (_, claims, context) => {
        const result = await create(claims, ...context);
        expect(result.data.createCustomerEvaluation).toBeNull();
        expect(result.errors?.[0]?.extensions).toEqual(forbidden);
        expect(upstream.requests).toHaveLength(0);
      },
    );

    it('a caller whose customer does not exist yet may register', async () => {
      const result = await create({}, { customerDetails: { customerData: { email: 'a@example.com' } } });
      expect(result.errors).toBeUndefined();
    });

    it('a caller with evaluations:any-customer acts for all customers', async () => {
      const result = await create(
        { scope: 'evaluations:create evaluations:signals evaluations:any-customer' },
        { customerDetails: { customer: 'cus_other' } },
      );
      expect(result.errors).toBeUndefined();
    });

    it.each([5, '', ['cus_1'], { id: 'cus_1' }, true])(
      'a caller bound to a customer is refused with the customer claim %j',
      async (claim) => {
        expect((await create({ stripe_customer: claim })).status).toBe(401);
      },
    );

    it('a caller bound to a customer reads its own evaluations', async () => {
      expect((await send(bound, retrieve)).data.customerEvaluation).toEqual({ id: answered.id });
      expect((await send(bound, entity, { representations })).data._entities[0]?.id).toBe(answered.id);
    });

    it('a caller bound to a customer reports on its own evaluation, whose owner is looked up first', async () => {
      const result = await send(bound, report);
      expect(result.data.reportCustomerEvaluation.errors).toEqual([]);
      expect(upstream.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
    });

    it('a caller bound to a customer does not report on another customer’s evaluation', async () => {
      upstream.answer(200, { ...answered, customer: 'cus_other' });
      const result = await send(bound, report);
      expect(result.data.reportCustomerEvaluation).toBeNull();
      expect(result.errors?.[0]?.extensions).toEqual(forbidden);
      expect(upstream.requests.map(({ method }) => method)).toEqual(['GET']);
    });

    it('a caller without a customer neither reads nor reports, and Stripe is not even asked', async () => {
      for (const result of [
        await send({}, retrieve),
        await send({}, entity, { representations }),
        await send({}, report),
      ]) {
        expect(result.errors?.map(({ extensions }) => extensions)).toEqual([forbidden]);
      }
      expect(upstream.requests).toHaveLength(0);
    });

    it('a caller bound to a customer does not attach another customer to an evaluation', async () => {
      const result = await send(bound, report, { customer: 'cus_other' });
      expect(result.errors?.[0]?.extensions).toEqual(forbidden);
      expect(upstream.requests).toHaveLength(0);
    });

    it.each([
      ['another’s', 200, { ...loginAnswer, id: 'ceval_1', customer: 'cus_other' }],
      ['nobody’s', 200, { ...loginAnswer, id: 'ceval_1', customer: null }],
      [
        'one that does not exist',
        404,
        {
          error: { type: 'invalid_request_error', code: 'resource_missing', param: 'id', message: 'No such' },
        },
      ],
    ])('a caller bound to a customer gets the same null for %s', async (_, status, answer) => {
      upstream.answer(status, answer);
      const results = [await send(bound, retrieve), await send(bound, entity, { representations })];
      for (const result of results) {
        expect(result.errors?.map(({ message, extensions }) => ({ message, extensions }))).toEqual([
          { message: 'The caller may only act for its own customer.', extensions: forbidden },
        ]);
        expect(result.text).not.toContain('ceval_');
      }
    });
  });

  it('the gateway shows signals to all callers by default', async () => {
    const open = await startTestGateway(upstreamAt(upstream.url, issuer.environment()));
    const token = await issuer.token({ scope: 'evaluations:create' });
    const result = await open.send(
      createEverything,
      { input: registration() },
      { authorization: `Bearer ${token}` },
    );
    await open.close();
    expect(result.errors).toBeUndefined();
    expect(result.text).toContain('50');
  });
});
