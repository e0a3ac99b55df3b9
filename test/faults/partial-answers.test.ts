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

  const send = (fields: string, radarSession = 'rse_1') =>
    gateway.send(mutation(fields), {
      input: registration({ evaluationContext: [{ clientDetails: { radarSession } }] }),
    });
  const calls = async (count: number): Promise<void> => {
    while (held.length < count) await new Promise<void>((resolve) => (arrived = resolve));
  };

  /** Sends an operation whose first call passes its place on to another caller, who keeps it until `release`. */
  const sendAndPassOn = async (fields: string) => {
    for (;;) {
      const answer = send(fields);
      await calls(1);
      const other = await sendUntilItWaits(gateway, () => send(one, 'rse_other'));
      held[0]?.();
      await calls(2);
      const release = async (): Promise<number> => {
        held[1]?.();
        return (await other.answer).status;
      };
      if (upstream.requests[1]?.body.includes('rse_other')) return { answer, release };
      // The other caller was refused meanwhile: it waits for 200 ms only.
      await release();
      await answer;
      held = [];
      upstream.requests.length = 0;
    }
  };

  it('a partly refused operation is answered with 200 once one of its mutations was made, so that no client retries that one by itself', async () => {
    const { answer, release } = await sendAndPassOn(`first: ${one} second: ${one} third: __typename`);
    const { status, headers, data, errors } = await answer;
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 200, retryAfter: null });
    expect(data.first).toEqual({ customerEvaluation: { id: registrationAnswer.id }, errors: [] });
    expect(data.second).toBeNull();
    expect(errors).toMatchObject([
      {
        path: ['second'],
        extensions: { code: 'OVERLOADED', retryable: true, effect: 'NONE', retryAfterMs: 1000 },
      },
    ]);
    expect(await release()).toBe(200);
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
