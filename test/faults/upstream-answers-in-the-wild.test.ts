import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { accountsOfCallers, inAccount } from '../harness/callers-accounts.ts';
import { createEverything, loginAnswer, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const retrieve = 'query ($id: ID!) { customerEvaluation(id: $id) { id createdAt customer { id } } }';
const entities =
  'query ($r: [_Any!]!) { _entities(representations: $r) { ... on CustomerEvaluation { id livemode } } }';
const report = `mutation ($input: ReportCustomerEvaluationInput!) {
  reportCustomerEvaluation(input: $input) { customerEvaluation { id } errors { code effect upstreamRequestId } }
}`;

describe('a response of the upstream as deployed gateways have met it', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;
  let tests = 0;
  let linesBefore: number;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    const settings = { STRIPE_API_VERSION: '2026-06-24.preview', LOG_LEVEL: 'debug' };
    gateway = await startTestGateway(upstreamAt(upstream.url, { ...accountsOfCallers, ...settings }));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(async () => {
    upstream.requests.length = 0;
    tests += 1;
    linesBefore = (await gateway.flushed()).length;
  });

  /** Each test has an account, so that tests do not share the circuit breaker. */
  const send = (operation: string, variables: object) =>
    gateway.send(operation, variables, inAccount(`acct_${tests}`));
  const create = async (overrides: object = {}) => {
    const { data } = await send(createEverything, { input: registration(overrides) });
    return data.createCustomerEvaluation;
  };
  /** What the test has made the gateway log. */
  const logged = async () => (await gateway.flushed()).slice(linesBefore).join('\n');

  it.each<{ what: string; error: object }>([
    {
      what: 'param is null',
      error: { type: 'invalid_request_error', code: 'resource_missing', param: null },
    },
    {
      what: 'param is a list',
      error: { type: 'invalid_request_error', code: 'resource_missing', param: ['id'] },
    },
    { what: 'type is a number', error: { type: 404, code: 'resource_missing', param: 'id' } },
  ])(
    'a response of the upstream gives null for an unknown id, without an alert, if $what',
    async ({ error }) => {
      upstream.answer(404, { error });
      const { data, errors } = await send(retrieve, { id: 'ceval_unknown' });
      expect(errors).toBeUndefined();
      expect(data.customerEvaluation).toBeNull();
      expect(await logged()).not.toMatch(/"level":"(warn|error)"/);
    },
  );

  it.each([
    ['408 of a load balancer, as JSON', 408, '{"message":"Request Timeout"}', 'application/json'],
    ['425 of a CDN', 425, '', 'text/plain'],
    ['403 page of a firewall', 403, '<html>blocked</html>', 'text/html'],
    ['407 of a forward proxy', 407, '<html>who are you</html>', 'text/html'],
    ['405 page of a web server', 405, '<html>no</html>', 'text/html'],
  ])('the gateway retries a create with its key after a %s', async (_, status, body, type) => {
    let answered = 0;
    upstream.handle((response) => {
      answered += 1;
      if (answered === 1) response.writeHead(status, { 'content-type': type }).end(body);
      else
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(registrationAnswer));
    });
    expect((await create()).errors).toEqual([]);
    const keys = upstream.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('the gateway still treats a 403 from Stripe itself as a refusal of its key', async () => {
    upstream.answer(403, { error: { type: 'invalid_request_error' } }, { 'request-id': 'req_1' });
    expect((await create()).errors).toMatchObject([{ code: 'UPSTREAM_REFUSED', effect: 'NONE' }]);
    expect(upstream.requests).toHaveLength(1);
  });

  it('the gateway does not ask a client to retry with a key whose stored response is a failure', async () => {
    upstream.answer(500, { error: { type: 'api_error' } }, { 'idempotent-replayed': 'true' });
    const { errors } = await create({ idempotencyKey: 'spent' });
    expect(errors).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE', retryable: false, effect: 'UNKNOWN' }]);
    expect(errors[0]?.message).toMatch(/new key/);
    expect(errors[0]?.message).not.toMatch(/[Rr]etry with the same/);
    expect(upstream.requests).toHaveLength(1);
  });

  it.each<{ what: string; answer: object }>([
    { what: 'events in a list object', answer: { events: { object: 'list', data: [], has_more: false } } },
    {
      what: 'a customer that was expanded',
      answer: { customer: { id: 'cus_1', object: 'customer', email: 'canary@example.com' } },
    },
    {
      what: 'a customer that was deleted',
      answer: { customer: { id: 'cus_1', object: 'customer', deleted: true } },
    },
  ])(
    'a response of the upstream with $what is still returned, since the evaluation was billed',
    async ({ answer }) => {
      upstream.answer(200, { ...registrationAnswer, customer: 'cus_1', ...answer });
      const { customerEvaluation, errors } = await create();
      expect(errors).toEqual([]);
      expect(customerEvaluation.customer).toEqual({ id: 'cus_1' });
      expect(customerEvaluation.events ?? []).toEqual([]);
      expect(await logged()).not.toContain('canary');
    },
  );

  const ms = 1_715_769_600_000;
  const signal = { score: 1, evaluated_at: ms, risk_level: null };
  it.each<{ what: string; answer: object }>([
    { what: 'created_at', answer: { created_at: ms } },
    { what: 'evaluated_at', answer: { signals: { multi_accounting: signal } } },
    { what: 'occurred_at', answer: { events: { object: 'list', data: [{ type: 'x', occurred_at: ms }] } } },
  ])(
    'a response of the upstream is refused if its $what is in milliseconds, which RFC 3339 cannot express',
    async ({ answer }) => {
      upstream.answer(200, { ...registrationAnswer, ...answer });
      expect((await create()).errors).toMatchObject([
        { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN' },
      ]);
    },
  );

  describe('about another evaluation than was asked for', () => {
    beforeEach(() => upstream.answer(200, { ...loginAnswer, id: 'ceval_theirs' }));

    it('a response of the upstream about another evaluation than requested is not returned to a retrieval', async () => {
      const { data, errors } = await send(retrieve, { id: 'ceval_mine' });
      expect(data.customerEvaluation).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'NONE' } }]);
    });

    it('a response of the upstream about another evaluation than requested is not returned to a router that resolves an entity', async () => {
      const r = [{ __typename: 'CustomerEvaluation', id: 'ceval_mine' }];
      const { text, errors } = await send(entities, { r });
      expect(text).not.toContain('ceval_theirs');
      expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'NONE' } }]);
    });

    it('a response of the upstream about another evaluation than requested is not returned to a report', async () => {
      const input = { id: 'ceval_mine', report: { outcome: { status: 'ALLOWED' } } };
      const { data } = await send(report, { input });
      expect(data.reportCustomerEvaluation).toMatchObject({
        customerEvaluation: null,
        errors: [{ code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN' }],
      });
    });
  });

  it.each([
    ['a person’s address', 'canary@example.com'],
    ['a name and a telephone number', 'Jenny Canary +15551234567'],
    ['15 kB', `canary@${'x'.repeat(15_000)}`],
    ['65 characters', 'canary'.padEnd(65, 'x')],
  ])(
    'a response of the upstream has its Request-Id dropped everywhere if that is %s',
    async (_, requestId) => {
      upstream.answer(
        400,
        { error: { type: 'invalid_request_error', param: 'x' } },
        { 'request-id': requestId },
      );
      const { errors } = await create();
      expect(errors[0]?.upstreamRequestId).toBeNull();
      upstream.answer(200, registrationAnswer, { 'request-id': requestId });
      await create();
      expect(await logged()).not.toContain('canary');
    },
  );

  it('a response of the upstream keeps a Request-Id that looks like one', async () => {
    upstream.answer(
      400,
      { error: { type: 'invalid_request_error', param: 'x' } },
      { 'request-id': 'req_Ab-9' },
    );
    expect((await create()).errors[0]?.upstreamRequestId).toBe('req_Ab-9');
    expect(await logged()).toContain('"upstreamRequestId":"req_Ab-9"');
  });
});
