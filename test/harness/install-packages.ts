import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

/**
 * Installs a folder's own packages, unless that was done since its lock file changed. What few tests or rare scripts
 * need is there and not in the root's lock, so that `npm ci` installs less. Needs the registry, as `npm ci` does.
 */
export async function installPackages(folder: string): Promise<void> {
  const cwd = path.join(root, folder);
  const installed = path.join(cwd, 'node_modules/.package-lock.json');
  const lock = path.join(cwd, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd });
}

if (import.meta.main) await Promise.all(process.argv.slice(2).map(installPackages));
