import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import {
  type FaultyUpstream,
  hang,
  hold,
  late,
  startFaultyUpstream,
  status,
} from '../harness/faulty-upstream.ts';
import { type GraphQLAnswer, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { orderOfEnds } from '../harness/order.ts';
import { personalInput } from '../harness/personal-input.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';
import { sendUntilItWaits } from '../harness/waiting-call.ts';

describe('when clients misbehave', () => {
  let upstream: FaultyUpstream;
  const gateways: TestGateway[] = [];

  async function gatewayWith(environment: Record<string, string> = {}): Promise<TestGateway> {
    const gateway = await startTestGateway(upstreamAt(upstream.url, { METRICS_PORT: '0', ...environment }));
    gateways.push(gateway);
    return gateway;
  }

  /** The same after a first call, which takes longest and may exceed a short deadline. */
  async function warmGatewayWith(environment?: Record<string, string>): Promise<TestGateway> {
    const gateway = await gatewayWith(environment);
    expect((await create(gateway)).errors).toEqual([]);
    upstream.reset();
    return gateway;
  }

  /** Waits until the upstream has received this many requests. */
  const requested = async (count: number): Promise<void> => {
    while (upstream.keys.length < count) await delay(5);
  };

  const create = async (gateway: TestGateway, input: object = {}, headers = {}) => {
    const answer = await gateway.send(createEverything, { input: { ...personalInput, ...input } }, headers);
    return answer.data.createCustomerEvaluation;
  };

  const isClosed = { status: 'closed' };

  const metric = async (gateway: TestGateway, name: string, labels = {}): Promise<number> =>
    sumOf(await scrape(metricsUrl(gateway)), `customer_evaluations_${name}`, labels);

  /** Waits until a metric has this value. */
  const untilMetric = async (gateway: TestGateway, name: string, value: number, labels = {}) => {
    while ((await metric(gateway, name, labels)) !== value) await delay(5);
  };

  const send = (gateway: TestGateway, idempotencyKey: string, signal: AbortSignal) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: createEverything,
        variables: { input: { ...personalInput, idempotencyKey } },
      }),
      signal,
    });

  /** Sends a request, disconnects once `when` resolves, and waits until the gateway has noticed. */
  const sendAndHangUp = async (gateway: TestGateway, when: () => Promise<void>, idempotencyKey: string) => {
    const hangUp = new AbortController();
    const call = send(gateway, idempotencyKey, hangUp.signal);
    await when();
    hangUp.abort();
    await expect(call).rejects.toThrow('aborted');
    await untilMetric(gateway, 'http_requests_total', 1, isClosed);
  };

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    await upstream.close();
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  });

  it('the gateway never calls the upstream for a client that disconnected while it was queued', async () => {
    const gateway = await gatewayWith({
      UPSTREAM_MAX_CONCURRENCY: '1',
      UPSTREAM_TIMEOUT_MS: '200000',
      UPSTREAM_DEADLINE_MS: '250000',
    });
    const { fault, release } = hold();
    upstream.next(fault);
    const first = create(gateway);
    await requested(1);
    let outcome = '';
    // Again if it was refused before it hung up: it waits for 200 ms only.
    for (let closed = 0; closed === 0; closed = await metric(gateway, 'http_requests_total', isClosed)) {
      let hangUp = new AbortController();
      const { answer } = await sendUntilItWaits(gateway, () => {
        hangUp = new AbortController();
        return send(gateway, 'queued', hangUp.signal);
      });
      hangUp.abort();
      outcome = await answer.then(
        ({ status }) => String(status),
        ({ message }: Error) => message,
      );
      await untilMetric(gateway, 'http_requests_in_flight', 1);
    }
    expect(outcome).toContain('aborted');
    release();
    expect((await first).errors).toEqual([]);
    // Its place is free again.
    expect((await create(gateway)).errors).toEqual([]);
    expect(upstream.keys).toHaveLength(2);
  });

  it('the gateway lets a sent call finish after a disconnect, so that a retry with its key gets the same evaluation', async () => {
    const gateway = await gatewayWith();
    const { fault, release } = hold();
    upstream.next(fault);
    await sendAndHangUp(gateway, () => requested(1), 'mine');
    release();
    expect((await create(gateway, { idempotencyKey: 'mine' })).customerEvaluation.id).toBe('ceval_1');
    expect(upstream.effects).toBe(1);
  });

  it('the gateway starts no new attempt for a client that is gone', async () => {
    const gateway = await gatewayWith();
    let fail = (): void => undefined;
    upstream.next((victim) => {
      fail = () => status(500)(victim);
    });
    await sendAndHangUp(gateway, () => requested(1), 'gone');
    fail();
    // The operation has ended, so no further attempt will follow.
    await gateway.logged(/"msg":"operation"/);
    expect(upstream.keys).toHaveLength(1);
  });

  it('the gateway makes one evaluation of fifty calls with one key at once', async () => {
    // Long enough for all of them to arrive, on any machine.
    const gateway = await gatewayWith({ UPSTREAM_TIMEOUT_MS: '20000', UPSTREAM_DEADLINE_MS: '30000' });
    const { fault, release } = hold();
    upstream.next(fault);
    const calls = Array.from({ length: 50 }, () => create(gateway, { idempotencyKey: 'same' }));
    // Twice, because a request counts before its body has been read.
    await untilMetric(gateway, 'http_requests_in_flight', 50);
    await untilMetric(gateway, 'http_requests_in_flight', 50);
    release();
    const payloads = await Promise.all(calls);
    expect(new Set(payloads.map((payload) => payload.customerEvaluation.id))).toEqual(new Set(['ceval_1']));
    expect(upstream.keys).toHaveLength(1);
  });

  it('the gateway makes one evaluation of fifty calls with one key over three gateways', async () => {
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

  const keyInUse = status(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' });
  const patient = { UPSTREAM_DEADLINE_MS: '30000' };

  it('the gateway waits for another replica’s call under the same key, and returns its evaluation', async () => {
    const gateway = await gatewayWith({ ...patient, UPSTREAM_TIMEOUT_MS: '20000' });
    upstream.always(keyInUse);
    // More of them than a retry budget has retries.
    const calls = Array.from({ length: 12 }, (_, index) =>
      create(gateway, { idempotencyKey: `key ${index}` }),
    );
    await requested(12 * 5);
    upstream.always();
    for (const { customerEvaluation } of await Promise.all(calls)) expect(customerEvaluation).not.toBeNull();
  });

  it('the gateway keeps its attempts while it waits for another replica’s call under the same key', async () => {
    const gateway = await gatewayWith();
    upstream.next(keyInUse, keyInUse, keyInUse, status(503), status(503));
    expect((await create(gateway, { idempotencyKey: 'same' })).errors).toEqual([]);
    expect(upstream.keys).toHaveLength(6);
  });

  it('the gateway opens its circuit breaker if writes hang and keep their keys', async () => {
    const gateway = await gatewayWith({ UPSTREAM_TIMEOUT_MS: '500', UPSTREAM_DEADLINE_MS: '1500' });
    const seen = new Set<string>();
    upstream.always((victim) => {
      const isFirst = !seen.has(victim.key);
      seen.add(victim.key);
      (isFirst ? hang : keyInUse)(victim);
    });
    await Promise.all(
      Array.from({ length: 20 }, (_, call) => create(gateway, { idempotencyKey: `${call}` })),
    );
    expect((await gateway.flushed()).join('\n')).toContain('"state":"open"');
  });

  it('the gateway returns an evaluation that takes longer than an attempt may', async () => {
    const gateway = await gatewayWith({ ...patient, UPSTREAM_TIMEOUT_MS: '500' });
    const { fault, release } = hold();
    upstream.always((victim) => (upstream.keys.length === 1 ? fault : keyInUse)(victim));
    const call = create(gateway, { idempotencyKey: 'same' });
    await requested(6);
    release();
    upstream.always();
    expect((await call).customerEvaluation.id).toBe('ceval_1');
    expect(upstream.effects).toBe(1);
  });

  it('the gateway refuses another input under a key whose call is in flight', async () => {
    const gateway = await gatewayWith();
    const { fault, release } = hold();
    upstream.next(fault);
    const first = create(gateway, { idempotencyKey: 'same' });
    await requested(1);
    const second = await create(gateway, { idempotencyKey: 'same', eventType: 'LOGIN' });
    release();
    expect(second.errors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', effect: 'NONE', retryable: false }]);
    expect((await first).errors).toEqual([]);
    expect(upstream.keys).toHaveLength(1);
  });

  it('the gateway keeps to the deadline that a client asks for', async () => {
    const gateway = await warmGatewayWith();
    upstream.always(hang);
    const timedOut = [{ code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN', retryable: true }];
    const calls = ['2700', '900', '1800'].map((ms) => [
      ms,
      create(gateway, {}, { 'x-request-timeout-ms': ms }),
    ]);
    expect(await orderOfEnds(Object.fromEntries(calls))).toEqual(['900', '1800', '2700']);
    for (const [, call] of calls) expect(await call).toMatchObject({ errors: timedOut });
    // Each in its first attempt, which could have taken three seconds.
    expect(upstream.keys).toHaveLength(3);
  });

  it('the gateway takes a client’s deadline with decimals, and 0 for one that has passed', async () => {
    const gateway = await warmGatewayWith();
    upstream.always(hang);
    const timedOut = { errors: [{ code: 'UPSTREAM_TIMEOUT' }] };
    expect(await create(gateway, {}, { 'x-request-timeout-ms': '900.5' })).toMatchObject(timedOut);
    // In the first attempt. The default deadline allows for more.
    expect(upstream.keys).toHaveLength(1);
    expect(await create(gateway, {}, { 'x-request-timeout-ms': '0' })).toMatchObject(timedOut);
    expect(upstream.keys).toHaveLength(1);
    expect((await gateway.flushed()).join()).not.toContain('x-request-timeout-ms is ignored');
  });

  it('the gateway ignores a deadline that is not a number, and warns about it once, without the value', async () => {
    const gateway = await gatewayWith();
    for (const value of ['800ms', 'canary', '-1', '1e3', '500, 500', '.5', '1.', '']) {
      const payload = await create(gateway, {}, { 'x-request-timeout-ms': value });
      expect([value, payload.errors]).toEqual([value, []]);
    }
    const log = await gateway.flushed();
    expect(log.filter((line) => line.includes('x-request-timeout-ms is ignored'))).toHaveLength(1);
    expect(log.join()).not.toMatch(/800ms|canary"/);
  });

  it('the gateway warns once of a header Idempotency-Key, which is not the key of a call', async () => {
    const gateway = await gatewayWith();
    for (let sent = 0; sent < 2; sent += 1) {
      expect(await create(gateway, {}, { 'idempotency-key': 'canary-key' })).toMatchObject({ errors: [] });
    }
    expect(new Set(upstream.keys).size).toBe(2);
    const log = await gateway.flushed();
    const warnings = log.filter((line) => line.includes('the header Idempotency-Key is ignored'));
    expect(warnings).toEqual([expect.stringContaining('"level":"warn"')]);
    expect(log.join()).not.toContain('canary-key');
  });

  it('the gateway does not let a client lengthen the deadline', async () => {
    const gateway = await warmGatewayWith({ UPSTREAM_DEADLINE_MS: '900' });
    upstream.always(hang);
    const payload = await create(gateway, {}, { 'x-request-timeout-ms': '60000' });
    expect(payload.errors).toMatchObject([{ code: 'UPSTREAM_TIMEOUT' }]);
    // With a minute there would have been a second attempt after three seconds.
    expect(upstream.keys).toHaveLength(1);
  });

  it('the gateway answers a late joiner of a shared call at its own deadline', async () => {
    const gateway = await gatewayWith();
    const { fault, release } = hold();
    upstream.next(fault);
    const first = create(gateway, { idempotencyKey: 'same' });
    await requested(1);
    const second = await create(gateway, { idempotencyKey: 'same' }, { 'x-request-timeout-ms': '60' });
    expect(second.errors).toMatchObject([{ code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN' }]);
    release();
    expect((await first).errors).toEqual([]);
    expect(upstream.keys).toHaveLength(1);
  });

  it('the gateway sheds calls beyond those in flight and in a short queue, with status 503 and Retry-After', async () => {
    const gateway = await gatewayWith({ UPSTREAM_MAX_CONCURRENCY: '2' });
    const { fault, release } = hold();
    upstream.always(fault);
    const shed: GraphQLAnswer[] = [];
    const calls = Array.from({ length: 6 }, async () => {
      const answer = await gateway.send(createEverything, { input: personalInput });
      if (answer.status === 503) shed.push(answer);
      // All shed calls are answered before the upstream answers any.
      if (shed.length === 4) release();
      return answer;
    });
    expect((await Promise.all(calls)).map(({ status }) => status).sort()).toEqual([
      200, 200, 503, 503, 503, 503,
    ]);
    for (const answer of shed) {
      expect(answer.errors?.[0]?.extensions).toMatchObject({
        code: 'OVERLOADED',
        retryable: true,
        effect: 'NONE',
        retryAfterMs: 1000,
      });
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect(upstream.effects).toBe(2);
  });
});
