import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, late, reset, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { personalInput } from '../harness/personal-input.ts';

interface Outcome {
  code: string;
  atMs: number;
  tookMs: number;
}

/**
 * How long it is dark, and how long the upstream comes and goes. By hand, `OUTAGE_SECONDS=60 FLAPPING_SECONDS=120
 * npm test -- test/faults/outage.test.ts` shows the whole of both.
 */
const darkMs = 1_000 * Number(process.env['OUTAGE_SECONDS'] ?? 8);
const flappingMs = 1_000 * Number(process.env['FLAPPING_SECONDS'] ?? 10);
jest.setTimeout(Math.max(darkMs, flappingMs) + 30_000);

describe('in an outage', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** Offers so many calls a second, for so long, whatever becomes of them; answers how each ended. */
  async function offer(perSecond: number, forMs: number): Promise<Outcome[]> {
    const start = performance.now();
    const calls: Promise<Outcome>[] = [];
    for (let count = 0; performance.now() - start < forMs; count += 1) {
      const sentAt = performance.now();
      calls.push(
        gateway.send(createEverything, { input: personalInput }).then(({ data, errors }) => ({
          code: data?.createCustomerEvaluation?.errors[0]?.code ?? errors?.[0]?.extensions['code'] ?? 'ok',
          atMs: sentAt - start,
          tookMs: performance.now() - sentAt,
        })),
      );
      await delay(Math.max(0, start + ((count + 1) * 1000) / perSecond - performance.now()));
    }
    return Promise.all(calls);
  }

  it('fails fast in the dark, hardly touches the upstream, and is back within seconds of light', async () => {
    gateway = await startTestGateway(upstreamAt(upstream.url));
    upstream.always(reset('before'));
    const readiness = new Set<number>();
    const watch = setInterval(async () => {
      readiness.add((await fetch(`${gateway.url}/readyz`)).status);
    }, 100);
    const dark = await offer(50, darkMs);
    clearInterval(watch);
    const tries = upstream.keys.length;
    expect(dark.every(({ code }) => code === 'UPSTREAM_UNAVAILABLE')).toBe(true);
    // Those after the breaker opened.
    const late = dark.filter(({ atMs }) => atMs > 2_000);
    // Less than the wait before a repeat; on a busy machine an answer alone may take half of it.
    expect(late.filter(({ tookMs }) => tookMs < 100).length / late.length).toBeGreaterThan(0.9);
    // What it takes to open the breaker is the larger a share, the shorter the dark.
    expect(tries / dark.length).toBeLessThan(darkMs < 60_000 ? 0.2 : 0.1);
    expect(readiness).toContain(503);

    upstream.always();
    await delay(1_500);
    // Ready again before any call was made: a balancer that sent none would otherwise never send one.
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    const light = await offer(50, 2_000);
    expect(light.filter(({ code }) => code === 'ok').length / light.length).toBeGreaterThanOrEqual(0.95);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });

  it('adds at most a fifth to the traffic when the upstream comes and goes', async () => {
    gateway = await startTestGateway(upstreamAt(upstream.url));
    let up = true;
    const toggle = setInterval(() => {
      up = !up;
      upstream.always(up ? undefined : status(503));
    }, 1_000);
    const outcomes = await offer(60, flappingMs);
    clearInterval(toggle);
    const distinct = new Set(upstream.keys).size;
    const retries = upstream.keys.length - distinct;
    // The ten that a quiet gateway has are a head start of the first window.
    expect(retries).toBeLessThanOrEqual(outcomes.length * 0.2 + 10);
    expect(upstream.effects).toBe(outcomes.filter(({ code }) => code === 'ok').length);
  });

  it('does not multiply a burst that fails at once', async () => {
    gateway = await startTestGateway(upstreamAt(upstream.url));
    upstream.always((victim) => setTimeout(() => status(503)(victim), 100));
    await Promise.all(
      Array.from({ length: 300 }, () => gateway.send(createEverything, { input: personalInput })),
    );
    expect(upstream.keys.length).toBeLessThanOrEqual(300 * 1.2);
  });

  it('does not count a client’s refusals against the upstream', async () => {
    gateway = await startTestGateway(upstreamAt(upstream.url));
    upstream.always(status(400, { type: 'invalid_request_error', param: 'event_type' }));
    await offer(100, 1_000);
    upstream.always();
    expect((await offer(20, 500)).every(({ code }) => code === 'ok')).toBe(true);
  });

  it('opens also for callers who all wait less than an attempt may take', async () => {
    gateway = await startTestGateway(upstreamAt(upstream.url));
    upstream.always(status(503));
    await Promise.all(
      Array.from({ length: 30 }, () =>
        gateway.send(createEverything, { input: personalInput }, { 'x-request-timeout-ms': '2000' }),
      ),
    );
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
  });

  it('does not let clients with tiny deadlines open the breaker', async () => {
    gateway = await startTestGateway(upstreamAt(upstream.url));
    upstream.always(late(100));
    await Promise.all(
      Array.from({ length: 50 }, () =>
        gateway.send(createEverything, { input: personalInput }, { 'x-request-timeout-ms': '20' }),
      ),
    );
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect((await offer(20, 500)).every(({ code }) => code === 'ok')).toBe(true);
  });

  it('keeps to a ceiling on calls a second, and types what it holds back', async () => {
    gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        UPSTREAM_MAX_PER_SECOND: '5',
        // No deadline holds anything back here.
        UPSTREAM_DEADLINE_MS: '30000',
        UPSTREAM_TIMEOUT_MS: '30000',
      }),
    );
    const start = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 300 }, () => gateway.send(createEverything, { input: personalInput })),
    );
    const codes = answers.map(({ data }) => data.createCustomerEvaluation.errors[0]?.code ?? 'ok');
    expect(new Set(codes)).toEqual(new Set(['ok', 'UPSTREAM_RATE_LIMITED']));
    const served = codes.filter((code) => code === 'ok').length;
    // A second's worth at once, and those for whom there is room in the line: four seconds of it.
    expect(served).toBeGreaterThanOrEqual(5 * 5);
    expect(upstream.effects).toBe(served);
    // Of what has arrived at any moment, no more can have left since the start; however long it was on the way, on a
    // busy machine some longer than others. The ceiling's own test looks at each second.
    const early = upstream.times.filter((at, index) => index + 1 > 5 * Math.ceil((at - start) / 1_000));
    expect(early).toEqual([]);
  });
});
