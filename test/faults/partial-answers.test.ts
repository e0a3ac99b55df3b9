import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { sendUntilItWaits } from '../harness/waiting-call.ts';

const one = 'createCustomerEvaluation(input: $input) { customerEvaluation { id } errors { code } }';
const mutation = (fields: string) => `mutation ($input: CreateCustomerEvaluationInput!) { ${fields} }`;

describe('an operation of which a part is refused', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;
  /** Responses that the upstream holds back, in the order of its calls. */
  let held: (() => void)[];
  let arrived: () => void;

  beforeEach(async () => {
    upstream = await startRecordingUpstream();
    held = [];
    arrived = () => undefined;
    upstream.handle((response) => {
      held.push(() =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(registrationAnswer)),
      );
      arrived();
    });
    gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        UPSTREAM_MAX_CONCURRENCY: '1',
        METRICS_PORT: '0',
        STRIPE_API_VERSION: '2026-06-24.preview',
      }),
    );
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const send = (fields: string) => gateway.send(mutation(fields), { input: registration() });
  const calls = async (count: number): Promise<void> => {
    while (held.length < count) await new Promise<void>((resolve) => (arrived = resolve));
  };

  /** Answers the first call once another caller waits for its place, which is then taken until `release`. */
  const passOn = async () => {
    await calls(1);
    const { answer } = await sendUntilItWaits(gateway, () => send(one));
    held[0]?.();
    await calls(2);
    return async () => {
      held[1]?.();
      expect((await answer).status).toBe(200);
    };
  };

  it('a partly refused operation is answered with 200 once one of its mutations was made, so that no client retries that one by itself', async () => {
    const operation = send(`first: ${one} second: ${one} third: __typename`);
    const release = await passOn();
    const { status, headers, data, errors } = await operation;
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 200, retryAfter: null });
    expect(data.first).toEqual({ customerEvaluation: { id: registrationAnswer.id }, errors: [] });
    expect(data.second).toBeNull();
    expect(errors).toMatchObject([
      {
        path: ['second'],
        extensions: { code: 'OVERLOADED', retryable: true, effect: 'NONE', retryAfterMs: 1000 },
      },
    ]);
    await release();
    expect(upstream.requests).toHaveLength(2);
  });

  it('a partly refused operation is answered with 503 and Retry-After if none of its mutations was made', async () => {
    const other = send(one);
    await calls(1);
    const { status, headers, data, errors } = await send(`first: ${one} second: ${one}`);
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 503, retryAfter: '1' });
    expect(data).toEqual({ first: null, second: null });
    expect(errors).toMatchObject([{ path: ['first'] }, { path: ['second'] }]);
    held[0]?.();
    expect((await other).status).toBe(200);
    expect(upstream.requests).toHaveLength(1);
  });

  it('a partly refused query is answered with 200 if one of its objects was found', async () => {
    const query =
      '{ a: customerEvaluation(id: "a") { id } ... { b: customerEvaluation(id: "b") { id } c: customerEvaluation(id: "c") { id } } }';
    const answer = gateway.send(query);
    // All three are made at once: one waits for the first one's place, and there is no room for the third.
    await calls(1);
    held[0]?.();
    await calls(2);
    held[1]?.();
    const { status, headers, errors } = await answer;
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 200, retryAfter: null });
    expect(errors?.map(({ extensions }) => extensions['code'])).toContain('OVERLOADED');
  });
});
