import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyCase, Differential } from './differential.ts';

// `npm run fuzz` runs a hundred thousand, however long that takes.
const runs = Number(process.env['FUZZ_RUNS'] ?? '300');
const timeLimitMs = process.env['FUZZ_RUNS'] === undefined ? 250_000 : 12 * 3_600_000;

describe('an operation that comes again', () => {
  let differential: Differential;

  beforeAll(async () => {
    differential = await Differential.start();
  });
  afterAll(() => differential.close());

  it(
    'a repeated operation is answered, sent, logged and counted as the first time, and by a plan in a third of the cases',
    async () => {
      const paths: Record<string, number> = { plan: 0, replay: 0, apollo: 0 };
      let done = 0;
      const property = fc.asyncProperty(anyCase, async (each) => {
        const { cold, warm, path } = await differential.run(each);
        expect(warm).toEqual(cold);
        paths[path] = (paths[path] ?? 0) + 1;
        done += 1;
      });
      await fc.assert(property, { numRuns: runs, interruptAfterTimeLimit: timeLimitMs, endOnFailure: true });
      const { plan = 0, replay = 0, apollo = 0 } = paths;
      // Fewer if the time limit was reached.
      expect(done).toBe(runs);
      expect(plan).toBeGreaterThan(done / 3);
      expect(replay).toBeGreaterThan(done / 20);
      expect(apollo).toBeGreaterThan(done / 20);
    },
    timeLimitMs + 20_000,
  );

  it.each(['null', 'alias', 'coercion', 'unknown field', 'right', 'status', 'log field', 'second call'])(
    'a mistake in a plan would show as a difference: %s',
    async (kind) => {
      const mistaken = await Differential.start([
        '--import',
        `./test/prepared/planted-difference.ts?${encodeURIComponent(kind)}`,
      ]);
      const property = fc.asyncProperty(anyCase, async (each) => {
        const { cold, warm } = await mistaken.run(each);
        expect(warm).toEqual(cold);
      });
      const { failed } = await fc.check(property, {
        numRuns: 4_000,
        seed: 1,
        endOnFailure: true,
        // It stops at the first difference, which a slow machine finds late.
        interruptAfterTimeLimit: 170_000,
      });
      expect(failed).toBe(true);
      await mistaken.close();
    },
    200_000,
  );
});
