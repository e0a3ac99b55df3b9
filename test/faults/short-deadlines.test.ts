import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import {
  type FaultyUpstream,
  hang,
  hold,
  reset,
  startFaultyUpstream,
  status,
  succeed,
} from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

/*
 * Callers choose their own deadlines (`x-request-timeout-ms`), and share the breaker and, under one key, the call. One
 * caller's choice must not harm the others.
 */
describe('among callers with short deadlines', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startTestGateway(upstreamAt(upstream.url));
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** Less than an attempt's usual timeout. */
  const short = { 'x-request-timeout-ms': '900' };

  const send = (key: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        query: createEverything,
        variables: { input: { ...registration(), idempotencyKey: key } },
      }),
      ...(signal === undefined ? {} : { signal }),
    });

  const create = async (...call: Parameters<typeof send>) => {
    const response = await send(...call);
    const { data } = (await response.json()) as {
      data: { createCustomerEvaluation: { customerEvaluation: unknown; errors: { code: string }[] } };
    };
    return data.createCustomerEvaluation.errors[0]?.code ?? 'OK';
  };

  it('the breaker opens by failures other than timeouts, however little time was left', async () => {
    upstream.always(status(503));
    // Running out of so little time says nothing about the upstream.
    const tiny = { 'x-request-timeout-ms': '400' };
    for (let call = 0; call < 60; call += 1) await create(`call ${call}`, tiny);
    // Ten to open it, and one in each second since.
    expect(upstream.keys.length).toBeLessThan(25);
    expect(gateway.log.join('\n')).toContain('"state":"open"');
  });

  it('the breaker opens by the timeouts of callers that wait for less than a second, and not by those of callers that wait for less than half', async () => {
    upstream.always(hang);
    const all = (timeoutMs: string) =>
      Promise.all(
        Array.from({ length: 30 }, (_, call) =>
          create(`${timeoutMs} ${call}`, { 'x-request-timeout-ms': timeoutMs }),
        ),
      );
    await all('300');
    expect((await gateway.flushed()).join('\n')).not.toContain('"state":"open"');
    while (!gateway.log.join('\n').includes('"state":"open"')) await all('720');
  });

  it('the breaker stays closed, however many reads fail', async () => {
    await create('before');
    upstream.always(status(500));
    const read = () =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ customerEvaluation(id: "ceval_1") { id } }' }),
      });
    for (let call = 0; call < 30; call += 1) {
      const { errors } = (await (await read()).json()) as { errors?: { extensions: { code: string } }[] };
      expect(errors?.[0]?.extensions.code).toBe('UPSTREAM_UNAVAILABLE');
    }
    upstream.always();
    expect(await create('after')).toBe('OK');
    expect((await gateway.flushed()).join('\n')).not.toContain('"state":"open"');
  });

  it('the breaker opens by failed creations, however many reads succeed', async () => {
    await create('before');
    upstream.always((victim) => (victim.request.method === 'GET' ? succeed : status(503))(victim));
    const read = async () =>
      (await gateway.send('{ customerEvaluation(id: "ceval_1") { id } }')).data.customerEvaluation;
    const reads = await Promise.all(Array.from({ length: 60 }, read));
    expect(reads).toEqual(Array.from({ length: 60 }, () => ({ id: 'ceval_1' })));
    await Promise.all(Array.from({ length: 20 }, (_, call) => create(`failing ${call}`)));
    expect((await gateway.flushed()).join('\n')).toContain('"state":"open"');
  });

  it.each([
    ['are answered', 503],
    ['break off', 'reset'],
  ] as const)(
    'a half-open breaker is closed by any caller’s attempt once attempts no longer %s badly',
    async (_, how) => {
      upstream.always(how === 'reset' ? reset('before') : status(how));
      for (let call = 0; call < 30; call += 1) await create(`dark ${call}`);
      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
      upstream.always();
      // The breaker is half-open after a second, and the readiness probe shows it.
      while ((await fetch(`${gateway.url}/readyz`)).status !== 200) await delay(20);
      expect(await create('the probe', short)).toBe('OK');
      const outcomes = await Promise.all([1, 2, 3, 4, 5].map((call) => create(`light ${call}`, short)));
      expect(outcomes).toEqual(['OK', 'OK', 'OK', 'OK', 'OK']);
    },
  );

  it('a probe whose caller gave it too little time leaves the breaker to the next probe', async () => {
    upstream.always(status(503));
    for (let call = 0; call < 30; call += 1) await create(`dark ${call}`);
    while ((await fetch(`${gateway.url}/readyz`)).status !== 200) await delay(20);
    upstream.always(hang);
    expect(await create('inconclusive', { 'x-request-timeout-ms': '100' })).toBe('UPSTREAM_TIMEOUT');
    upstream.always();
    expect(await create('conclusive', short)).toBe('OK');
  });

  it('a shared call has the latest deadline of its callers, and each is answered by its own', async () => {
    let answer: () => void = () => undefined;
    upstream.always((victim) => {
      answer = () => succeed(victim);
    });
    // Long enough to be sent, on any machine.
    const hasty = create('shared', { 'x-request-timeout-ms': '1500' });
    while (upstream.keys.length === 0) await delay(5);
    const patient = create('shared', { 'x-request-timeout-ms': '8000' });
    expect(await hasty).toBe('UPSTREAM_TIMEOUT');
    answer();
    expect(await patient).toBe('OK');
    expect(upstream.keys).toHaveLength(1);
    expect(upstream.effects).toBe(1);
  });

  it('a shared call waits for the rate limit as long as its most patient caller can', async () => {
    await gateway.close();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { UPSTREAM_MAX_PER_SECOND: '1', METRICS_PORT: '0' }),
    );
    const waiting = async (): Promise<number> =>
      sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_upstream_calls_waiting');
    expect(await create('takes the slot of this second')).toBe('OK');
    let isOver = false;
    const hasty = create('shared', { 'x-request-timeout-ms': '600' }).finally(() => {
      isOver = true;
    });
    // On a slow machine the second may be over, or the time of the first caller.
    while ((await waiting()) === 0 && upstream.keys.length < 2 && !isOver) await delay(5);
    expect(await create('shared')).toBe('OK');
    await hasty;
  });

  it('a call that is refused because too many are in flight spends no slot of the rate limit', async () => {
    await gateway.close();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { UPSTREAM_MAX_PER_SECOND: '3', UPSTREAM_MAX_CONCURRENCY: '1' }),
    );
    const { fault, release } = hold();
    upstream.next(fault);
    const served = send('served');
    while (upstream.keys.length === 0) await delay(5);
    const refused = await Promise.all([send('refused'), send('refused too')]);
    expect(refused.map(({ status }) => status)).toEqual([503, 503]);
    release();
    expect((await served).status).toBe(200);
    expect(await create('next', short)).toBe('OK');
    expect(upstream.keys).toHaveLength(2);
  });

  it('a call waits for a slot no longer than its own deadline', async () => {
    await gateway.close();
    gateway = await startTestGateway(upstreamAt(upstream.url, { UPSTREAM_MAX_CONCURRENCY: '2' }));
    // The first call takes longest.
    expect(await create('warm-up')).toBe('OK');
    upstream.reset();
    const { fault, release } = hold();
    upstream.always(fault);
    const served = [send('served'), send('served too')];
    while (upstream.keys.length < 2) await delay(5);
    const refused: string[] = [];
    const refuse = async (key: string, headers?: Record<string, string>) => {
      expect((await send(key, headers)).status).toBe(503);
      refused.push(key);
    };
    await Promise.all([refuse('patient'), refuse('hasty', { 'x-request-timeout-ms': '100' })]);
    expect(refused).toEqual(['hasty', 'patient']);
    release();
    await Promise.all(served);
  });

  it('a shared call is retried for a caller that joined after the first had disconnected', async () => {
    let breakOff: () => void = () => undefined;
    upstream.next((victim) => {
      breakOff = () => reset('after')(victim);
    });
    const leaving = new AbortController();
    const first = create('shared', {}, leaving.signal).catch((error: Error) => error.name);
    while (upstream.keys.length === 0) await delay(5);
    leaving.abort();
    expect(await first).toBe('AbortError');
    // The gateway notices before the second caller arrives.
    await delay(50);
    const second = create('shared');
    await delay(50);
    breakOff();
    expect(await second).toBe('OK');
    expect(upstream.keys).toHaveLength(2);
    expect(upstream.effects).toBe(1);
  });
});
