/*
 * `npm run mutation [-- room or file …]`: changes the code in one place at a time and runs the tests that `rows.ts`
 * names for it. Each change must make one of them fail. Prints every change that no test noticed, and fails if a room's
 * score is below its minimum. Run by hand, because it takes minutes.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { expectedScore, type MutationRow, mutationRows } from './rows.ts';

const asked = process.argv.slice(2);

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

async function mutantsOf({ files, tests }: MutationRow): Promise<MutantResult[]> {
  return new Stryker({
    configFile: 'test/mutation/stryker.config.json',
    mutate: [...files],
    jest: {
      configFile: 'package.json',
      // `rows.ts` names the tests. Jest would consider almost every test related to almost every file.
      enableFindRelatedTests: false,
      config: {
        testEnvironment: fileURLToPath(import.meta.resolve('@stryker-mutator/jest-runner/jest-env/node')),
        // What it would install is already there, beside this file.
        globalSetup: null,
        testMatch: tests.map((name) => `<rootDir>/test/${name}.test.ts`),
        testTimeout: 5_000,
      },
    },
  }).runMutationTest();
}

/** Stryker's states for mutants that were neither killed nor timed out. */
const isUnnoticed = ({ status }: MutantResult): boolean => status === 'Survived' || status === 'NoCoverage';
const isJudged = (mutant: MutantResult): boolean =>
  isUnnoticed(mutant) || mutant.status === 'Killed' || mutant.status === 'Timeout';

function told({ fileName, location, mutatorName, replacement, status }: MutantResult): string {
  const { line, column } = location.start;
  const file = fileName.replace(`${process.cwd()}/`, '');
  return `  ${file}:${line}:${column} ${mutatorName} ${status}: ${replacement?.replace(/\s+/g, ' ')}`;
}

const scores: string[] = [];
for (const [room, rows] of Object.entries(mutationRows)) {
  const mutants: MutantResult[] = [];
  for (const row of rows) {
    const isAsked = (name: string): boolean =>
      name === room || row.files.some((file) => file.includes(name)) || row.tests.includes(name);
    if (asked.length > 0 && !asked.some(isAsked)) continue;
    for (const test of row.tests) if (!existsSync(`test/${test}.test.ts`)) throw new Error(`no test ${test}`);
    const start = performance.now();
    const found = (await mutantsOf(row)).filter(isJudged);
    mutants.push(...found);
    const seconds = Math.round((performance.now() - start) / 1000);
    const unnoticed = found.filter(isUnnoticed);
    // A timeout counts as noticed, but many of them on a busy machine are suspicious.
    const timedOut = found.filter(({ status }) => status === 'Timeout').length;
    process.stdout.write(
      `${row.files.join(' ')}: ${found.length - unnoticed.length} of ${found.length}, ${timedOut} by time-out, ${seconds} s\n`,
    );
    for (const mutant of unnoticed) process.stdout.write(`${told(mutant)}\n`);
  }
  if (mutants.length === 0) continue;
  const score = (100 * mutants.filter((mutant) => !isUnnoticed(mutant)).length) / mutants.length;
  scores.push(`${room}: ${score.toFixed(1)} % of ${mutants.length}`);
  if (score < expectedScore) process.exitCode = 1;
}
process.stdout.write(`${scores.join('\n')}\n`);
