/*
 * `npm run dev`: serves the sources and bundles the pages, and again whenever an imported file changes. Node watches
 * the files, and ends the old process with SIGTERM, so that calls in flight are answered.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const compileOnLoad = new URL('./compile-on-load.ts', import.meta.url).href;

// Not the whole folder: its packages are ten thousand files.
const pageSources = globSync('src/pages/browser/*', { cwd: root, exclude: ['**/node_modules', '**/*.json'] });

const children = [
  watch('--import', compileOnLoad, 'src/main.ts'),
  // esbuild watches these, not Node. The gateway reads the bundles for each request, so it needs no restart.
  watch(...pageSources.map((name) => `--watch-path=${name}`), 'deploy/build/pages.ts'),
];
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());
process.once('exit', () => {
  for (const child of children) child.kill();
});

function watch(...parameters: string[]) {
  return spawn(process.execPath, ['--watch', '--watch-preserve-output', ...parameters], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_COMPILE_CACHE: 'node_modules/.cache/compiled' },
  });
}
