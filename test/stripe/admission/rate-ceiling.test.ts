import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RateCeiling } from '../../../src/stripe/admission/rate-ceiling.ts';

describe('the ceiling on calls a second', () => {
  let ceiling: RateCeiling;
  let passed: number[];

  beforeEach(() => {
    ceiling = new RateCeiling(25);
    passed = [];
  });
  afterEach(() => ceiling.close());

  const pass = (caller = 'one', maxWaitMs = 10_000): Promise<string> =>
    ceiling.pass({ caller, maxWaitMs, signal: undefined }).then(
      () => {
        passed.push(performance.now());
        return caller;
      },
      () => 'refused',
    );

  it('lets a burst through at once, up to the ceiling', async () => {
    const start = performance.now();
    await Promise.all(Array.from({ length: 25 }, () => pass()));
    expect(performance.now() - start).toBeLessThan(100);
  });

  it('lets no more through in any second', async () => {
    await Promise.all(Array.from({ length: 80 }, () => pass()));
    expect(passed).toHaveLength(80);
    for (const [index, time] of passed.entries()) {
      const inThatSecond = passed.slice(index).filter((other) => other < time + 1_000);
      expect(inThatSecond.length).toBeLessThanOrEqual(25);
    }
  });

  it('refuses at once what it could not let through in four seconds', async () => {
    const start = performance.now();
    const outcomes = Array.from({ length: 200 }, () =>
      pass().then((outcome) => ({ outcome, afterMs: performance.now() - start })),
    );
    const refused = (await Promise.race([
      Promise.all(outcomes.slice(126)),
      new Promise((resolve) => setTimeout(resolve, 200, 'too late')),
    ])) as { outcome: string; afterMs: number }[];
    expect(refused).toHaveLength(74);
    expect(refused.every(({ outcome }) => outcome === 'refused')).toBe(true);
  });

  it('serves a quiet caller beside a loud one', async () => {
    const order: string[] = [];
    const all = [...Array.from({ length: 60 }, () => 'loud'), 'quiet'].map((caller) =>
      pass(caller).then((outcome) => order.push(outcome)),
    );
    await Promise.all(all);
    expect(order.indexOf('quiet')).toBeLessThan(30);
  });
});
