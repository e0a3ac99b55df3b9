/*
 * `npm run test:repeat [-- --runs 10 --loaded 2 file …]`: runs all tests, or those in the files, several times in a
 * row, to find those that fail now and then. During the first `--loaded` runs, every core has other work too, which
 * finds those that need a fast machine. Prints a line for each run, and what failed in it. Ten runs of all tests take
 * an hour and a half on two cores.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
  }[];
}

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '10' }, loaded: { type: 'string', default: '2' } },
});
const folder = mkdtempSync(path.join(tmpdir(), 'repeat-'));

for (let run = 1; run <= Number(values.runs); run += 1) {
  const isLoaded = run <= Number(values.loaded);
  const results = path.join(folder, `run-${run}.json`);
  const startedAt = performance.now();
  const code = await runTests(results, isLoaded);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = readResults(results);
  const counts = `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`;
  process.stdout.write(`run ${run}${isLoaded ? ', cores busy' : ''}: ${counts}, ${seconds} s\n`);
  for (const { name, status, message } of testResults) {
    if (status === 'failed') process.stdout.write(`${path.relative(process.cwd(), name)}\n${message}\n`);
  }
  // A test is skipped if what it needs is not installed, such as Redis.
  if (code !== 0 || numPassedTests === 0 || numPendingTests > 0) process.exitCode = 1;
}
rmSync(folder, { recursive: true });

/** What Jest wrote; nothing if it crashed. */
function readResults(file: string): Results {
  if (!existsSync(file)) return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };
  return JSON.parse(readFileSync(file, 'utf8')) as Results;
}

/** Writes Jest's results to a file, and returns its exit code. */
async function runTests(results: string, isLoaded: boolean): Promise<unknown> {
  // Threads, because they end with this process.
  const busy = Array.from({ length: isLoaded ? availableParallelism() : 0 }, () => {
    return new Worker('for (;;);', { eval: true });
  });
  const args = ['run', '--silent', 'jest', '--', '--json', `--outputFile=${results}`, ...files];
  const jest = spawn('npm', args, { stdio: 'ignore' });
  const [code] = await once(jest, 'exit');
  await Promise.all(busy.map((worker) => worker.terminate()));
  return code;
}
