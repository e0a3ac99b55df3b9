import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { registrationAnswer } from '../harness/evaluations.ts';
import { type GraphQLAnswer, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const collection = '/v1/radar/customer_evaluations/';
const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on CustomerEvaluation { id signals { __typename } }
  }
}`;
const missing = { error: { type: 'invalid_request_error', code: 'resource_missing', param: 'id' } };
const noPermission = { error: { type: 'invalid_request_error' } };

describe('entities', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { STRIPE_API_VERSION: '2026-06-24.preview', MAX_BODY_BYTES: '1000000' }),
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.handle((response, { url }) => {
      const id = idOf(url);
      const [status, body] = id.startsWith('unknown')
        ? [404, missing]
        : id.startsWith('forbidden')
          ? [403, noPermission]
          : [200, { ...registrationAnswer, id }];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  const resolve = (representations: unknown[]): Promise<GraphQLAnswer> =>
    gateway.send(entities, { representations });
  const evaluation = (id: unknown): object => ({ __typename: 'CustomerEvaluation', id });
  const found = (id: string): object => ({
    ...evaluation(id),
    signals: { __typename: 'RegistrationSignals' },
  });

  it('entities are fetched once each, and returned in the requested order', async () => {
    const { data, errors } = await resolve(['b', 'a', 'b', 'c', 'a'].map(evaluation));
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual(['b', 'a', 'b', 'c', 'a'].map(found));
    expect(upstream.requests.map(({ url }) => idOf(url)).sort()).toEqual(['a', 'b', 'c']);
  });

  it('entities are null without an error if Stripe has none', async () => {
    const { data, errors } = await resolve(['a', 'unknown', '..', '', 'unknown'].map(evaluation));
    expect(errors).toBeUndefined();
    expect(data._entities).toEqual([found('a'), null, null, null, null]);
    expect(upstream.requests).toHaveLength(2);
  });

  it('entities fail alone, with the code of what happened', async () => {
    const { data, errors } = await resolve(['a', 'forbidden', 'b'].map(evaluation));
    expect(data._entities).toEqual([found('a'), null, found('b')]);
    expect(errors).toEqual([
      expect.objectContaining({
        path: ['_entities', 1],
        extensions: expect.objectContaining({ code: 'UPSTREAM_REFUSED', retryable: false, effect: 'NONE' }),
      }),
    ]);
    const told = (await gateway.flushed()).filter((line) => /check|permission/.test(line));
    expect(told).toHaveLength(1);
  });

  it.each([
    { what: 'without an id', representation: { __typename: 'CustomerEvaluation' } },
    { what: 'with null for an id', representation: evaluation(null) },
    { what: 'with a number for an id', representation: evaluation(815_4711) },
    { what: 'with an object for an id', representation: evaluation({ id: 'canary' }) },
    { what: 'of another type', representation: { __typename: 'canary', id: 'canary' } },
    {
      what: 'of a type that is another subgraph’s',
      representation: { __typename: 'StripeCustomer', id: 'canary' },
    },
    { what: 'of a type that is no entity', representation: { __typename: 'LoginSignals', id: 'canary' } },
    { what: 'of no type', representation: { id: 'canary' } },
    { what: 'that is a string', representation: 'canary' },
    { what: 'that is a list', representation: [evaluation('canary')] },
  ])('entities refuse a representation $what alone, without quoting it', async ({ representation }) => {
    const { data, errors, text } = await resolve([evaluation('a'), representation, evaluation('b')]);
    expect(data._entities).toEqual([found('a'), null, found('b')]);
    expect(errors).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^representations: .*CustomerEvaluation/),
        path: ['_entities', 1],
        extensions: { code: 'BAD_USER_INPUT', retryable: false, effect: 'NONE' },
      }),
    ]);
    expect(text).not.toMatch(/canary|8154711/);
    expect(upstream.requests).toHaveLength(2);
  });

  it('entities are at most a hundred in one request; a thousand are refused, and none is fetched', async () => {
    const hundred = Array.from({ length: 100 }, (_, index) => `ceval_${index}`);
    const taken = await resolve(hundred.map(evaluation));
    expect(taken.errors).toBeUndefined();
    expect(taken.data._entities).toEqual(hundred.map(found));

    upstream.requests.length = 0;
    const refused = await resolve(Array.from({ length: 1000 }, (_, index) => evaluation(`ceval_${index}`)));
    expect(refused.data).toBeUndefined();
    expect(refused.errors).toEqual([
      expect.objectContaining({
        message: 'The operation may cause 1000 calls to Stripe; this gateway allows at most 100.',
        extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }),
      }),
    ]);
    expect(upstream.requests).toEqual([]);
  });

  it('entities are counted over the aliases of one request', async () => {
    const query = `query ($some: [_Any!]!) {
      a: _entities(representations: $some) { __typename }
      b: _entities(representations: $some) { __typename }
    }`;
    const some = Array.from({ length: 60 }, () => evaluation('a'));
    const { errors } = await gateway.send(query, { some });
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('may cause 120 calls to Stripe'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('entities are fetched at most eight at a time', async () => {
    let inFlight = 0;
    let most = 0;
    upstream.handle((response, { url }) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      setTimeout(() => {
        inFlight -= 1;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ ...registrationAnswer, id: idOf(url) }));
      }, 5);
    });
    const { errors } = await resolve(Array.from({ length: 40 }, (_, index) => evaluation(`ceval_${index}`)));
    expect(errors).toBeUndefined();
    expect(most).toBe(8);
  });

  it('entities that fail ask for no idempotency key, since a router has none for them', async () => {
    upstream.answer(503, {});
    const { errors } = await resolve([evaluation('a')]);
    expect(errors?.[0]).toMatchObject({ message: 'Stripe is unavailable. Retry.', path: ['_entities', 0] });
  });

  it('entities need a version that can retrieve; with another, the error names one, and nothing is sent', async () => {
    const older = await startTestGateway(
      upstreamAt(upstream.url, { STRIPE_API_VERSION: '2026-03-04.preview' }),
    );
    const { data, errors } = await older.send(entities, { representations: [evaluation('a')] });
    expect(data._entities).toEqual([null]);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('June 2026 or later'),
      path: ['_entities', 0],
      extensions: { code: 'UPSTREAM_UNSUPPORTED' },
    });
    expect(upstream.requests).toEqual([]);
    await older.close();
  });
});

function idOf(url: string): string {
  const path = url.split('?')[0] ?? '';
  expect(path.startsWith(collection)).toBe(true);
  return decodeURIComponent(path.slice(collection.length));
}
