/*
 * `npm run history -- [--minutes 1] [--seed number] [--planted bug] [--api v1|v2]`: five clients, three gateway
 * processes and random faults. Checks that what every client saw and what the upstream did fit together.
 */
import { parseArgs } from 'node:util';
import { violationsOf } from './history-check.ts';
import { type PlantedBug, plantedBugs, runHistory } from './history-run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    planted: { type: 'string' },
    api: { type: 'string', default: 'v1' },
  },
});
const planted = Object.keys(plantedBugs).find((bug): bug is PlantedBug => bug === values.planted);
if (values.planted !== planted)
  throw new Error(`--planted takes one of: ${Object.keys(plantedBugs).join(', ')}`);

const api = values.api === 'v2' ? 'v2' : 'v1';
const history = await runHistory({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  planted,
  api,
});
const { calls, made, done, bugs } = history;
const violations = violationsOf(history);
const endings: Record<string, number> = {};
for (const { ending } of calls) {
  const name = ending.kind === 'failure' ? `${ending.code}, effect ${ending.effect}` : ending.kind;
  endings[name] = (endings[name] ?? 0) + 1;
}
const report = {
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  planted,
  api,
  done,
  intents: new Set(calls.map(({ caller, key }) => JSON.stringify([caller, key]))).size,
  calls: calls.length,
  endings,
  made: made.length,
  bugs: bugs.slice(0, 5),
  untyped: calls.flatMap(({ ending }) => (ending.kind === 'untyped' ? [ending.text] : [])).slice(0, 5),
  violations: violations.slice(0, 20),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.stdout.write(violations.length === 0 ? 'held\n' : `FAILED: ${violations.length} violations\n`);
process.exitCode = violations.length === 0 ? 0 : 1;
