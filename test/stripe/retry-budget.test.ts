import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { RetryBudget } from '../../src/stripe/http/retry-budget.ts';

describe('the retry budget', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('the retry budget allows a quiet gateway ten retries in ten seconds, and no more', () => {
    const now = 0;
    const budget = new RetryBudget(() => now);
    budget.countCall();
    for (let retry = 0; retry < 10; retry += 1) {
      expect(budget.hasRetriesLeft).toBe(true);
      budget.countRetry();
    }
    expect(budget.hasRetriesLeft).toBe(false);
  });

  it('the retry budget forgets calls older than ten seconds', () => {
    let now = 500;
    const budget = new RetryBudget(() => now);
    for (let retry = 0; retry < 10; retry += 1) budget.countRetry();
    now = 9_900;
    expect(budget.hasRetriesLeft).toBe(false);
    now = 10_100;
    expect(budget.hasRetriesLeft).toBe(true);
  });

  it('the retry budget uses the monotonic clock, unless it is given another', () => {
    jest.useFakeTimers();
    const budget = new RetryBudget();
    for (let retry = 0; retry < 10; retry += 1) budget.countRetry();
    jest.setSystemTime(Date.now() + 3_600_000);
    expect(budget.retriesLeft).toBe(0);
    jest.advanceTimersByTime(11_000);
    expect(budget.retriesLeft).toBe(10);
  });

  it('the retry budget adds at most a fifth to steady traffic that always fails', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 200 }), (perSecond) => {
        let now = 0;
        const budget = new RetryBudget(() => now);
        let calls = 0;
        let retries = 0;
        for (; now < 120_000; now += 1000 / perSecond) {
          calls += 1;
          budget.countCall();
          if (!budget.hasRetriesLeft) continue;
          retries += 1;
          budget.countRetry();
        }
        // The first window allows ten more, so that a quiet gateway can retry.
        expect(retries).toBeLessThanOrEqual(calls * 0.2 + 10);
        expect(retries).toBeGreaterThanOrEqual(calls * 0.15);
      }),
      { numRuns: 20 },
    );
  });
});
