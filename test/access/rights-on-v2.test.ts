import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const id = 'acctevl_1';
const create = `mutation ($customer: ID!) {
  createCustomerEvaluation(input: { eventType: LOGIN, evaluationContext: [{ customerDetails: { customer: $customer } }] }) {
    customerEvaluation { id pendingSignals signals { __typename } }
  }
}`;
const retrieve = '{ customerEvaluation(id: "acctevl_1") { id } }';
const entity = `{ _entities(representations: [{ __typename: "CustomerEvaluation", id: "acctevl_1" }]) {
  ... on CustomerEvaluation { id pendingSignals }
} }`;
const report = `mutation {
  reportCustomerEvaluation(input: { id: "acctevl_1", report: { outcome: { status: ALLOWED } } }) {
    customerEvaluation { id status }
  }
}`;

describe('rights on v2', () => {
  let upstream: RecordingUpstream;
  let issuer: Issuer;
  let gateway: TestGateway;
  let pending: string[];

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    issuer = await startIssuer();
    gateway = await startTestGateway(
      upstreamAt(
        upstream.url,
        issuer.environment({
          STRIPE_API: 'v2',
          SIGNALS_WAIT_MS: '0',
          JWT_CUSTOMER_CLAIM: 'stripe_customer',
          SIGNALS_VISIBILITY: 'scoped',
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
    pending = [];
    upstream.handle((response, { url }) => {
      const isActivity = url.includes('account_activit');
      const evaluation = {
        id,
        object: 'v2.signals.account_evaluation',
        created: '2026-11-26T10:00:00Z',
        account_details: { customer: 'cus_own' },
        requested_signals: ['user_account_sharing'],
        pending_signals: pending,
        evaluated_signals: pending.length > 0 ? {} : { user_account_sharing: { risk_level: 'low' } },
      };
      const body = isActivity ? { id: 'acctact_1', object: 'v2.signals.account_activity' } : evaluation;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
  });

  const send = async (claims: Record<string, unknown>, query: string, variables?: object) =>
    gateway.send(query, variables, { authorization: `Bearer ${await issuer.token(claims)}` });
  const methods = () => upstream.requests.map(({ method }) => method);
  const owner = { stripe_customer: 'cus_own' };
  const stranger = { stripe_customer: 'cus_other' };
  const forbidden = [{ extensions: { code: 'FORBIDDEN', effect: 'NONE' } }];

  it('a bound caller evaluates its own customer and no other', async () => {
    expect((await send(owner, create, { customer: 'cus_own' })).errors).toBeUndefined();
    expect((await send(owner, create, { customer: 'cus_other' })).errors).toMatchObject(forbidden);
    expect(methods()).toEqual(['POST']);
  });

  it.each([
    ['retrieves', retrieve],
    ['resolves', entity],
  ])('a bound caller %s its own evaluation and no other', async (_, query) => {
    expect((await send(owner, query)).errors).toBeUndefined();
    expect((await send(stranger, query)).errors).toMatchObject(forbidden);
  });

  it('a bound caller reports on its own evaluation after one read, and on no other', async () => {
    const { data, errors } = await send(owner, report);
    expect(errors).toBeUndefined();
    expect(data.reportCustomerEvaluation.customerEvaluation).toEqual({ id, status: 'ALLOWED' });
    expect(methods()).toEqual(['GET', 'POST']);
    expect((await send(stranger, report)).errors).toMatchObject(forbidden);
    expect(methods()).toEqual(['GET', 'POST', 'GET']);
  });

  it('a caller without its scope sees no signals', async () => {
    const scope = 'evaluations:create';
    const { data, errors } = await send({ ...owner, scope }, create, { customer: 'cus_own' });
    expect(data.createCustomerEvaluation.customerEvaluation.signals).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect((await send({ ...owner, scope }, retrieve)).errors).toMatchObject(forbidden);
  });

  it('an evaluation that is pending when it is created is complete when a router resolves it later', async () => {
    pending = ['user_account_sharing'];
    const created = await send(owner, create, { customer: 'cus_own' });
    expect(created.data.createCustomerEvaluation.customerEvaluation.pendingSignals).toEqual([
      'ACCOUNT_SHARING',
    ]);
    pending = [];
    const { data } = await send(owner, entity);
    expect(data._entities).toEqual([{ id, pendingSignals: [] }]);
  });
});
