import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { inSteps, QueueRejectedError } from '../../src/admission/fair-queue.ts';
import { RateLimiter } from '../../src/admission/rate-limiter.ts';

describe('the limit on calls per second', () => {
  let limiter: RateLimiter;
  let passed: { caller: string; at: number }[];
  let refused: { caller: string; at: number }[];

  beforeEach(() => {
    jest.useFakeTimers();
    limiter = new RateLimiter(25);
    passed = [];
    refused = [];
  });
  afterEach(() => {
    limiter.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const pass = (caller = 'one', maxWaitMs = 10_000, signal?: AbortSignal): void => {
    Promise.resolve(limiter.pass({ caller, signal }, inSteps(maxWaitMs))).then(
      () => passed.push({ caller, at: performance.now() }),
      (error: unknown) => {
        expect(error).toBeInstanceOf(QueueRejectedError);
        refused.push({ caller, at: performance.now() });
      },
    );
  };
  const passMany = (count: number, caller?: string): void => {
    for (let calls = 0; calls < count; calls += 1) pass(caller);
  };
  const wait = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  it('the rate limiter passes a burst immediately up to the limit, and the next call once the first is a second old', async () => {
    passMany(26);
    await wait(0);
    expect(passed).toHaveLength(25);
    expect(limiter.waiting).toBe(1);
    await wait(1_009);
    expect(passed).toHaveLength(25);
    await wait(1);
    expect(passed).toHaveLength(26);
    expect(limiter.waiting).toBe(0);
  });

  it('the rate limiter never exceeds its limit in any second, however calls arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 30 }),
        async (perSecond, pauses) => {
          limiter.close();
          limiter = new RateLimiter(perSecond);
          [passed, refused] = [[], []];
          for (const pause of pauses) {
            pass();
            await wait(pause);
          }
          await wait(40_000);
          const times = passed.map(({ at }) => at);
          for (const [index, time] of times.entries()) {
            const next = times[index + perSecond];
            if (next !== undefined) expect(next - time).toBeGreaterThanOrEqual(1_000);
          }
          // No request is lost.
          expect(passed.length + refused.length).toBe(pauses.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('the rate limiter uses its full limit in each second while calls wait', async () => {
    passMany(80);
    await wait(5_000);
    expect(passed).toHaveLength(80);
    const start = passed[0]?.at ?? 0;
    expect(passed.map(({ at }) => at - start)).toEqual(
      [0, 1_010, 2_020, 3_030].flatMap((ms) => Array(ms === 3_030 ? 5 : 25).fill(ms)),
    );
  });

  it('the rate limiter lets no new call overtake waiting ones', async () => {
    passMany(26, 'first');
    await wait(1_005);
    pass('late');
    await wait(4);
    expect(passed.map(({ caller }) => caller)).not.toContain('late');
    await wait(1);
    expect(passed.map(({ caller }) => caller).slice(25)).toEqual(['first', 'late']);
  });

  it('the rate limiter immediately rejects calls that it could not pass within four seconds', async () => {
    passMany(200);
    await wait(0);
    expect(passed).toHaveLength(25);
    expect(limiter.waiting).toBe(100);
    expect(refused).toHaveLength(75);
  });

  it('the rate limiter rejects a call whose time is up, and keeps no slot for it', async () => {
    const hangUp = new AbortController();
    passMany(25);
    pass('impatient', 500);
    pass('gone', 10_000, hangUp.signal);
    pass('patient');
    await wait(499);
    expect(refused).toEqual([]);
    await wait(1);
    hangUp.abort();
    await wait(0);
    expect(refused.map(({ caller }) => caller)).toEqual(['impatient', 'gone']);
    await wait(510);
    expect(passed.map(({ caller }) => caller).slice(25)).toEqual(['patient']);
    // Unused capacity is available to the next callers.
    passMany(24);
    await wait(0);
    expect(passed).toHaveLength(50);
  });

  it('the rate limiter serves a quiet caller beside a busy one', async () => {
    passMany(60, 'loud');
    pass('quiet');
    await wait(1_010);
    expect(passed.findIndex(({ caller }) => caller === 'quiet')).toBeLessThan(27);
  });

  it('the rate limiter lets a waiting call pass once a call gives its slot back', async () => {
    passMany(26);
    await wait(300);
    expect(passed).toHaveLength(25);
    limiter.release(0);
    limiter.release(performance.now());
    await wait(1);
    expect(passed).toHaveLength(26);
    pass();
    pass();
    await wait(708);
    expect(passed).toHaveLength(27);
  });

  it('the rate limiter frees the slot of the call that gives it back, not a later one', async () => {
    limiter = new RateLimiter(2);
    pass('refused');
    const refusedAt = performance.now();
    await wait(200);
    pass('made');
    limiter.release(refusedAt);
    pass('takes the slot');
    pass('waits');
    await wait(1_009);
    expect(passed.map(({ caller }) => caller)).toEqual(['refused', 'made', 'takes the slot']);
    await wait(1);
    expect(passed.map(({ caller }) => caller)).toContain('waits');
  });

  it('the rate limiter frees no slot for a call whose slot has been used again', async () => {
    limiter = new RateLimiter(1);
    pass('refused');
    const refusedAt = performance.now();
    await wait(1_010);
    pass('made');
    limiter.release(refusedAt);
    pass('waits');
    await wait(1_009);
    expect(passed.map(({ caller }) => caller)).toEqual(['refused', 'made']);
  });

  it('the rate limiter lets no call wait once it is closed', async () => {
    passMany(27);
    await wait(0);
    limiter.close();
    await wait(0);
    expect(refused).toHaveLength(2);
    expect(limiter.waiting).toBe(0);
  });
});
