import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, hang, hold, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { personalInput } from '../harness/personal-input.ts';

const hour = 3_600_000;

describe.each([
  ['forwards', hour],
  ['backwards', -hour],
])('when the clock jumps an hour %s', (_, byMs) => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  const start = async (environment: Record<string, string> = {}) => {
    gateway = await startTestGateway(upstreamAt(upstream.url, environment), { movableClock: true });
  };
  beforeEach(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });
  const jump = (): Promise<void> => gateway.moveClock({ wallMs: byMs });
  const requested = async (count: number): Promise<void> => {
    while (upstream.keys.length < count) await delay(5);
  };
  const create = async () => {
    const { data } = await gateway.send(createEverything, { input: personalInput });
    return data.createCustomerEvaluation;
  };

  it('a call in flight keeps its deadline if the clock is set', async () => {
    await start();
    const { fault, release } = hold();
    upstream.always(fault);
    const call = create();
    await requested(1);
    await jump();
    // Some time passes, but less than an attempt may take.
    await delay(100);
    release();
    expect((await call).errors).toEqual([]);
    expect(upstream.keys).toHaveLength(1);
  });

  it('a call that is never answered ends at its deadline', async () => {
    await start({ UPSTREAM_DEADLINE_MS: '2000' });
    upstream.always(hang);
    const ended: string[] = [];
    const call = async (name: string, headers: Record<string, string> = {}) => {
      const { data } = await gateway.send(createEverything, { input: personalInput }, headers);
      ended.push(name);
      expect(data.createCustomerEvaluation.errors).toMatchObject([
        { code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN' },
      ]);
    };
    const first = call('the first');
    await requested(1);
    await jump();
    const shorter = call('a shorter one', { 'x-request-timeout-ms': '900' });
    await delay(700);
    // By the wall clock, the first would end before the shorter one, or an hour after the last.
    await Promise.all([first, shorter, call('the last')]);
    expect(ended).toEqual(['a shorter one', 'the first', 'the last']);
  });

  it('an open breaker still sends a probe after a second', async () => {
    await start({ UPSTREAM_MAX_ATTEMPTS: '1' });
    upstream.always(status(503));
    await Promise.all(Array.from({ length: 12 }, create));
    expect((await create()).errors).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' }]);
    await jump();
    upstream.always();
    await delay(1_100);
    expect((await create()).errors).toEqual([]);
  });

  it('no caller is asked to wait longer than a minute', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '1' });
    await create();
    await jump();
    const { errors } = await gateway.send(createEverything, { input: personalInput });
    // A clock that jumps forwards must not end the minute, and one that jumps backwards must not make it an hour.
    expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    const retryAfterMs = Number(errors?.[0]?.extensions['retryAfterMs']);
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });
});
