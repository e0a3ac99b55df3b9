import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { hold, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { postGraphQL, upstreamAt } from '../harness/gateway.ts';

// A copy of the project, because the test edits it.
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'dev-'));
  for (const part of ['src', 'schema', 'deploy', 'package.json', 'tsconfig.json']) {
    cpSync(part, path.join(copy, part), {
      recursive: true,
      // Other tests compile and pack schema/ meanwhile.
      filter: (source) => !/node_modules|schema\/dist|\.tgz$/.test(source),
    });
  }
  for (const folder of ['node_modules', 'src/pages/browser/node_modules']) {
    symlinkSync(path.resolve(folder), path.join(copy, folder));
  }
});
afterAll(() => rmSync(copy, { recursive: true }));

it('`npm run dev` serves the code that was just saved', async () => {
  const upstream = await startFaultyUpstream();
  const child = spawn('npm', ['run', '--silent', 'dev'], {
    cwd: copy,
    env: { PATH: process.env['PATH'], PORT: '0', ...upstreamAt(upstream.url) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // npm does not forward SIGKILL, so the whole process group is ended, as a terminal does.
    detached: true,
  });
  const exited = once(child, 'exit');
  try {
    const output = createInterface({ input: child.stdout });
    // A save may be reported twice, and restarts the server twice: the newest one counts.
    let current = '';
    output.on('line', (line) => {
      current = urlIn(line) ?? current;
    });
    while (current === '') await delay(5);
    const url = current;
    expect(await refusalAt(url)).toContain('Not found. POST');
    const served = async (text: string): Promise<void> => {
      while (!(await refusalAt(current)).includes(text)) await delay(20);
    };

    // A call in flight is answered before the old process ends.
    const { fault, release } = hold();
    upstream.next(fault);
    const inFlight = postGraphQL(url, createEverything, { input: registration() });
    while (upstream.keys.length === 0) await delay(5);
    const file = path.join(copy, 'src/errors/http-refusals.ts');
    const edit = (from: string, to: string) => readFileSync(file, 'utf8').replace(from, to);
    writeFileSync(file, edit('Not found. POST', 'Not found, as edited. POST'));
    while (/ready/.test(await textAt(`${url}/readyz`))) await delay(5);
    release();
    await served('Not found, as edited');
    expect(await inFlight).toMatchObject({ data: { createCustomerEvaluation: { errors: [] } } });

    // Many editors write another file and rename it.
    for (const [from, to] of [
      ['as edited', 'as edited once more'],
      ['once more', 'twice more'],
    ] as const) {
      writeFileSync(`${file}~`, edit(from, to));
      renameSync(`${file}~`, file);
      await served(to);
    }

    // A page is bundled again, and the server goes on.
    const page = path.join(copy, 'src/pages/browser/explorer/explorer.html');
    writeFileSync(page, readFileSync(page, 'utf8').replace('<main', '<p>An edited page.</p><main'));
    while (!(await textAt(`${current}/`)).includes('An edited page.')) await delay(50);

    // A file that does not compile is reported, and the next save restarts the server.
    const good = readFileSync(file, 'utf8');
    const failed = lineWith(createInterface({ input: child.stderr }), 'src/main.ts failed');
    writeFileSync(file, good.replace('export', 'exprot'));
    await failed;
    writeFileSync(file, good.replace('twice more', 'and mended'));
    await served('and mended');
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await exited;
    await upstream.close();
  }
  // Starts processes on a machine that may be busy with other tests.
});

/** The address in the log line of a server that has started. */
function urlIn(line: string): string | undefined {
  const { msg, url } = line.startsWith('{') ? (JSON.parse(line) as Record<string, string>) : {};
  return msg === 'listening' ? url : undefined;
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

function refusalAt(url: string): Promise<string> {
  return textAt(`${url}/nowhere`);
}

/** Empty if the server has been replaced already. */
async function textAt(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return '';
  }
}
