import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, hang, late, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { personalInput } from '../harness/personal-input.ts';

describe('when clients misbehave', () => {
  let upstream: FaultyUpstream;
  const gateways: TestGateway[] = [];

  async function gatewayWith(environment: Record<string, string> = {}): Promise<TestGateway> {
    const gateway = await startTestGateway(upstreamAt(upstream.url, environment));
    gateways.push(gateway);
    return gateway;
  }

  const create = async (gateway: TestGateway, input: object = {}, headers = {}) => {
    const answer = await gateway.send(createEverything, { input: { ...personalInput, ...input } }, headers);
    return answer.data.createCustomerEvaluation;
  };

  /** Sends and hangs up after so long, without an answer. */
  const sendAndHangUp = (gateway: TestGateway, afterMs: number, idempotencyKey: string) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: createEverything,
        variables: { input: { ...personalInput, idempotencyKey } },
      }),
      signal: AbortSignal.timeout(afterMs),
    }).then(
      () => 'answered',
      () => 'hung up',
    );

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    await upstream.close();
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  });

  it('never calls the upstream for a client that hung up while it was queued', async () => {
    const gateway = await gatewayWith({ UPSTREAM_MAX_CONCURRENCY: '1' });
    upstream.next(late(150));
    const first = create(gateway);
    await delay(30);
    expect(await sendAndHangUp(gateway, 50, 'queued')).toBe('hung up');
    expect((await first).errors).toEqual([]);
    await delay(50);
    expect(upstream.keys).toHaveLength(1);
    // Its place is free again.
    expect((await create(gateway)).errors).toEqual([]);
  });

  it('lets a call that was sent finish, so that a repeat with the key gets the same evaluation', async () => {
    const gateway = await gatewayWith();
    upstream.next(late(100));
    expect(await sendAndHangUp(gateway, 50, 'mine')).toBe('hung up');
    await delay(100);
    expect((await create(gateway, { idempotencyKey: 'mine' })).customerEvaluation.id).toBe('ceval_1');
    expect(upstream.effects).toBe(1);
  });

  it('starts no new attempt for a client that is gone', async () => {
    const gateway = await gatewayWith();
    upstream.next((victim) => setTimeout(() => status(500)(victim), 60));
    expect(await sendAndHangUp(gateway, 30, 'gone')).toBe('hung up');
    await delay(500);
    expect(upstream.keys).toHaveLength(1);
  });

  it('makes one evaluation of fifty calls with one key at once', async () => {
    const gateway = await gatewayWith();
    upstream.always(late(300));
    const payloads = await Promise.all(
      Array.from({ length: 50 }, () => create(gateway, { idempotencyKey: 'same' })),
    );
    expect(new Set(payloads.map((payload) => payload.customerEvaluation.id))).toEqual(new Set(['ceval_1']));
    expect(upstream.keys).toHaveLength(1);
  });

  it('makes one evaluation of fifty calls with one key over three gateways', async () => {
    const three = await Promise.all([gatewayWith(), gatewayWith(), gatewayWith()]);
    upstream.always(late(30));
    const payloads = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        create(three[index % 3] as TestGateway, { idempotencyKey: 'same' }),
      ),
    );
    expect(new Set(payloads.map((payload) => payload.customerEvaluation.id))).toEqual(new Set(['ceval_1']));
    expect(upstream.effects).toBe(1);
    expect(new Set(upstream.keys).size).toBe(1);
  });

  it('refuses another input under a key whose call is under way', async () => {
    const gateway = await gatewayWith();
    upstream.next(late(60));
    const first = create(gateway, { idempotencyKey: 'same' });
    await delay(20);
    const second = await create(gateway, { idempotencyKey: 'same', eventType: 'LOGIN' });
    expect(second.errors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', effect: 'NONE', retryable: false }]);
    expect((await first).errors).toEqual([]);
    expect(upstream.keys).toHaveLength(1);
  });

  it('keeps to the deadline that a client asks for', async () => {
    const gateway = await gatewayWith();
    upstream.always(hang);
    const start = performance.now();
    const payload = await create(gateway, {}, { 'x-request-timeout-ms': '150' });
    expect(performance.now() - start).toBeLessThan(250);
    expect(payload.errors).toMatchObject([{ code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN', retryable: true }]);
  });

  it('does not let a client lengthen the deadline', async () => {
    const gateway = await gatewayWith({ UPSTREAM_DEADLINE_MS: '200' });
    upstream.always(hang);
    const start = performance.now();
    const payload = await create(gateway, {}, { 'x-request-timeout-ms': '60000' });
    expect(performance.now() - start).toBeLessThan(300);
    expect(payload.errors).toMatchObject([{ code: 'UPSTREAM_TIMEOUT' }]);
  });

  it('ends a late joiner of a shared call at its own deadline', async () => {
    const gateway = await gatewayWith();
    upstream.next(late(300));
    const first = create(gateway, { idempotencyKey: 'same' });
    await delay(20);
    const second = await create(gateway, { idempotencyKey: 'same' }, { 'x-request-timeout-ms': '60' });
    expect(second.errors).toMatchObject([{ code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN' }]);
    expect((await first).errors).toEqual([]);
  });

  it('sheds what exceeds the calls in flight and a short queue, with status 503 and Retry-After', async () => {
    const gateway = await gatewayWith({ UPSTREAM_MAX_CONCURRENCY: '2' });
    upstream.always(late(400));
    const start = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        gateway
          .send(createEverything, { input: personalInput })
          .then((answer) => ({ answer, tookMs: performance.now() - start })),
      ),
    );
    const shed = answers.filter(({ answer }) => answer.status === 503);
    expect(shed).toHaveLength(4);
    for (const { answer, tookMs } of shed) {
      expect(answer.errors?.[0]?.extensions).toMatchObject({
        code: 'OVERLOADED',
        retryable: true,
        effect: 'NONE',
        retryAfterMs: 1000,
      });
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(tookMs).toBeLessThan(300);
    }
    // Two found no place in the queue, so they did not wait at all.
    expect(shed.filter(({ tookMs }) => tookMs < 150)).toHaveLength(2);
    expect(upstream.effects).toBe(2);
  });
});
