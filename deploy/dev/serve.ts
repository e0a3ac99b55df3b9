/*
 * `npm run dev`: serves the sources and bundles the pages, and again whenever a file changes. The old process gets
 * SIGTERM, so that calls in flight are answered.
 *
 * Not `node --watch`: it follows a file, not its name, so it misses every save after the first one of an editor that
 * replaces the file. It also misses changes while the old process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { watch } from 'chokidar';

/** Editors write in several steps, and `git switch` changes many files. */
const settleMs = 100;

/** A program that is started again after each change. */
class Program {
  readonly #parameters: readonly string[];
  #child: ChildProcess;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

  constructor(...parameters: string[]) {
    this.#parameters = parameters;
    this.#child = this.#start();
  }

  changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#restart(), settleMs);
  }

  end(): void {
    this.#child.kill();
  }

  async #restart(): Promise<void> {
    // The process that is started next reads this change as well.
    if (this.#isEnding) return;
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) {
      this.#isEnding = true;
      const exited = once(this.#child, 'exit');
      this.#child.kill();
      await exited;
      this.#isEnding = false;
    }
    this.#child = this.#start();
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, this.#parameters, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, NODE_COMPILE_CACHE: 'node_modules/.cache/compiled' },
    });
    child.once('exit', (code) => {
      if (code !== 0 && !this.#isEnding)
        process.stderr.write(`${this.#parameters.at(-1)} failed. It starts again with the next change.\n`);
    });
    return child;
  }
}

const root = path.resolve(import.meta.dirname, '../..');
const pages = path.join('src', 'pages', 'browser');

const changes = watch('src', {
  cwd: root,
  // Packages, and what editors write beside a file, such as backups.
  ignored: (file, stats) =>
    file.includes('node_modules') || (stats?.isFile() === true && !/\.(tsx?|css|html|json)$/.test(file)),
  ignoreInitial: true,
});
await once(changes, 'ready');
const gateway = new Program('--import', new URL('./compile-on-load.ts', import.meta.url).href, 'src/main.ts');
// The gateway reads the bundles for each request, so it needs no restart.
const bundler = new Program('deploy/build/pages.ts');
changes.on('all', (_, file) => (file.startsWith(pages) ? bundler : gateway).changed());

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());
process.once('exit', () => {
  for (const program of [gateway, bundler]) program.end();
});
