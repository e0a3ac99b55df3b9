import { describe, expect, it } from '@jest/globals';
import { type Rule, violationsOf } from './history-check.ts';
import { type PlantedBug, plantedBugs, runHistory } from './history-run.ts';

/** What callers would see of a gateway with this bug. */
const foundBy = {
  'a fresh key per attempt': 'made twice',
  'one key for all callers': 'the result of another caller',
} as const satisfies Record<PlantedBug, Rule>;

// For a run of minutes: `npm run history -- --minutes 10`.
describe('what five clients saw of three processes, and what the upstream did', () => {
  const seed = Math.floor(Math.random() * 1_000_000);

  it.each(['v1', 'v2'] as const)(
    'the history of five clients and three processes on %s is consistent under faults and kills: no effect twice, none lost, none of another caller',
    async (api) => {
      const history = await runHistory({ seconds: 15, seed, api });
      const { calls, made, done, bugs } = history;
      expect({ seed, violations: violationsOf(history) }).toEqual({ seed, violations: [] });
      expect(bugs).toEqual([]);
      // Otherwise nothing happened, and the run proves nothing.
      const inDoubt = calls.filter(
        ({ ending }) => ending.kind === 'lost' || ('effect' in ending && ending.effect === 'UNKNOWN'),
      );
      expect(inDoubt.length).toBeGreaterThan(10);
      expect(made.length).toBeGreaterThan(20);
      expect(Object.keys(done).length).toBeGreaterThan(0);
    },
  );

  it.each(Object.keys(plantedBugs) as PlantedBug[])(
    'the history of five clients and three processes shows a bug: %s',
    async (planted) => {
      const history = await runHistory({ seconds: 4, seed, planted });
      expect(violationsOf(history).map(({ rule }) => rule)).toContain(foundBy[planted]);
    },
  );
});
