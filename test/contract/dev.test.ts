import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { postGraphQL } from '../harness/gateway.ts';

// A copy of the project, because the test edits it.
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'dev-'));
  for (const part of ['src', 'schema', 'deploy', 'package.json', 'tsconfig.json']) {
    cpSync(part, path.join(copy, part), {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
  }
  for (const folder of ['node_modules', 'src/pages/browser/node_modules']) {
    symlinkSync(path.resolve(folder), path.join(copy, folder));
  }
});
afterAll(() => rmSync(copy, { recursive: true }));

it('`npm run dev` serves the code that was just saved', async () => {
  const child = spawn('npm', ['run', '--silent', 'dev'], {
    cwd: copy,
    env: { PATH: process.env['PATH'], PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // npm does not forward SIGKILL, so the whole process group is ended, as a terminal does.
    detached: true,
  });
  const exited = once(child, 'exit');
  try {
    const output = createInterface({ input: child.stdout });
    const listening = urlsIn(output);
    const url = (await listening.next()).value;
    expect(await refusalAt(url)).not.toContain('edited');

    // A call in flight is answered before the old process ends.
    const radarSession = 'sandbox_delay_2000';
    const input = registration({ evaluationContext: [{ clientDetails: { radarSession } }] });
    const inFlight = postGraphQL(url, createEverything, { input });
    const file = path.join(copy, 'src/errors/http-refusals.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace('Nothing is here', 'Nothing is here, as edited'));
    expect(await refusalAt((await listening.next()).value)).toContain('Nothing is here, as edited');
    expect(await inFlight).toMatchObject({ data: { createCustomerEvaluation: { errors: [] } } });

    // A file that does not compile is reported, and the next save restarts the server.
    const good = readFileSync(file, 'utf8');
    const failed = lineWith(output, 'Failed running');
    writeFileSync(file, good.replace('export', 'exprot'));
    await failed;
    writeFileSync(file, good.replace('as edited', 'as mended'));
    expect(await refusalAt((await listening.next()).value)).toContain('Nothing is here, as mended');
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await exited;
  }
  // Starts processes on a machine that may be busy with other tests.
}, 90_000);

async function* urlsIn(lines: Interface): AsyncGenerator<string, never> {
  for await (const [line] of on(lines, 'line', { close: ['close'] })) {
    const { msg, url } = line.startsWith('{') ? (JSON.parse(line) as Record<string, string>) : {};
    if (msg === 'listening' && url !== undefined) yield url;
  }
  throw new Error('it ended');
}

/** Resolves with the first line that has the text. Listens from now on: `once` in a loop misses lines of one chunk. */
function lineWith(lines: Interface, text: string): Promise<string> {
  return new Promise((resolve) => {
    const look = (line: string): void => {
      if (!line.includes(text)) return;
      lines.off('line', look);
      resolve(line);
    };
    lines.on('line', look);
  });
}

async function refusalAt(url: string): Promise<string> {
  return (await fetch(`${url}/nowhere`)).text();
}
