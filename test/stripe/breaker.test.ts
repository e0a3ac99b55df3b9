import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Breaker, BreakerOpenError, probeAfterMs } from '../../src/stripe/breaker.ts';
import type { RawAnswer } from '../../src/stripe/transport.ts';

const answer = (status: number): RawAnswer => ({ status, headers: {}, text: '' });

describe('the breaker', () => {
  let breaker: Breaker;
  let changes: string[];
  let runs: number;

  beforeEach(() => {
    jest.useFakeTimers();
    changes = [];
    runs = 0;
    breaker = new Breaker((state) => changes.push(state));
  });
  afterEach(() => {
    breaker.close();
    // A process that waits for one more timer does not end.
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  /** Runs an attempt that is answered so, or breaks off; tells its status, or the error. */
  const attempt = (status: number | 'reset', counted = true): Promise<unknown> =>
    breaker
      .run(async () => {
        runs += 1;
        if (status === 'reset') throw new Error('reset');
        return answer(status);
      }, counted)
      .then(
        (given) => given.status,
        (error: unknown) => (error instanceof BreakerOpenError ? error.name : (error as Error).message),
      );
  const attempts = async (count: number, status: number | 'reset', counted = true): Promise<void> => {
    for (let made = 0; made < count; made += 1) await attempt(status, counted);
  };

  it.each([200, 400, 429, 499])(
    'lets through what the upstream answers while it works: %d',
    async (status) => {
      await attempts(20, status);
      expect(await attempt(status)).toBe(status);
      expect(breaker.isOpen).toBe(false);
      expect(changes).toEqual([]);
    },
  );

  it.each([500, 503, 'reset'] as const)(
    'opens when more than half of ten attempts failed: %s',
    async (failure) => {
      await attempts(4, 200);
      await attempts(5, failure);
      expect(breaker.isOpen).toBe(false);
      // The caller gets the failure itself.
      expect(await attempt(failure)).toBe(failure);
      expect(breaker.isOpen).toBe(true);
      expect(changes).toEqual(['open']);
      expect(await attempt(200)).toBe('BreakerOpenError');
      expect(runs).toBe(10);
    },
  );

  it('lets an attempt take its time: to end it is the transport’s part', async () => {
    const slow = breaker.run(() => new Promise((resolve) => setTimeout(resolve, 60_000, answer(200))), true);
    await jest.advanceTimersByTimeAsync(60_000);
    expect((await slow).status).toBe(200);
  });

  it('stays closed while most attempts succeed', async () => {
    await attempts(15, 200);
    await attempts(14, 500);
    expect(breaker.isOpen).toBe(false);
  });

  it('stays closed where few were made, however they ended', async () => {
    await attempts(9, 'reset');
    expect(breaker.isOpen).toBe(false);
  });

  it('forgets what was longer ago than three seconds', async () => {
    await attempts(9, 500);
    jest.advanceTimersByTime(3_500);
    await attempts(9, 500);
    expect(breaker.isOpen).toBe(false);
    jest.advanceTimersByTime(2_000);
    await attempt(500);
    expect(breaker.isOpen).toBe(true);
  });

  it('after a second lets one attempt through to see, and is no longer held to be open until then', async () => {
    await attempts(10, 500);
    expect(breaker.state).toBe('open');
    jest.advanceTimersByTime(probeAfterMs - 1);
    expect(breaker.isOpen).toBe(true);
    jest.advanceTimersByTime(1);
    expect(breaker.isOpen).toBe(false);
    expect(breaker.state).toBe('half_open');

    let end: (given: RawAnswer) => void = () => undefined;
    const probe = breaker.run(() => new Promise((resolve) => (end = resolve)), true);
    expect(await attempt(200)).toBe('BreakerOpenError');
    end(answer(200));
    expect((await probe).status).toBe(200);
    expect(breaker.state).toBe('closed');
    expect(changes).toEqual(['open', 'closed']);
    expect(await attempt(200)).toBe(200);
  });

  it('stays open for another second where that one fails too', async () => {
    await attempts(10, 500);
    jest.advanceTimersByTime(probeAfterMs);
    expect(await attempt(500)).toBe(500);
    expect(breaker.isOpen).toBe(true);
    expect(await attempt(200)).toBe('BreakerOpenError');
    jest.advanceTimersByTime(probeAfterMs);
    expect(await attempt(200)).toBe(200);
    expect(breaker.isOpen).toBe(false);
  });

  it('neither opens nor closes by attempts that are not counted, and runs none of them while it is open', async () => {
    await attempts(20, 500, false);
    await attempts(20, 'reset', false);
    expect(breaker.isOpen).toBe(false);
    expect(await attempt(200, false)).toBe(200);
    await attempts(10, 500);
    runs = 0;
    expect(await attempt(200, false)).toBe('BreakerOpenError');
    jest.advanceTimersByTime(probeAfterMs);
    expect(await attempt(200, false)).toBe('BreakerOpenError');
    expect(runs).toBe(0);
    expect(changes).toEqual(['open']);
  });
});
