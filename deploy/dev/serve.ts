/*
 * `npm run dev`: serves the sources, and again at each change of theirs. Most of a start is the loading of packages, so
 * the next process has done that before it is needed.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
let next: ChildProcess | undefined;
let serving = serve();
let restarted = Promise.resolve();

whenChanged('src', /^(?!pages[\\/]).*\.ts$/, () => {
  restarted = restarted.then(restart);
});
// The gateway reads these for each request: there is nothing to restart.
whenChanged('src/pages/browser', /\.(ts|tsx|css|html)$/, () => {
  spawn(process.execPath, ['deploy/build/pages.ts'], { cwd: root, stdio: 'inherit' });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());
process.once('exit', () => {
  for (const child of [serving, next]) child?.kill('SIGKILL');
});

function serve(): ChildProcess {
  const child = next?.connected ? next : standBy();
  next = undefined;
  child.send('serve');
  // Once this one has what it needs of the machine.
  setTimeout(() => {
    next ??= standBy();
  }, 1_000);
  child.once('exit', (code) => {
    if (code !== null) process.stderr.write('It has ended, and is started again at the next change.\n');
  });
  return child;
}

function standBy(): ChildProcess {
  return fork(new URL('./stand-by.ts', import.meta.url), {
    cwd: root,
    execArgv: ['--import', new URL('./compile-on-load.ts', import.meta.url).href],
    env: { ...process.env, NODE_COMPILE_CACHE: 'node_modules/.cache/compiled' },
  });
}

async function restart(): Promise<void> {
  if (serving.exitCode === null && serving.signalCode === null) {
    serving.kill('SIGKILL');
    await once(serving, 'exit');
  }
  serving = serve();
}

/** Calls back when files whose path in the folder is of the pattern have changed; once for all that are saved together. */
function whenChanged(folder: string, pattern: RegExp, act: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  watch(path.join(root, folder), { recursive: true }, (_event, file) => {
    if (file === null || !pattern.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(act, 30);
  });
}
