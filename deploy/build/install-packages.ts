import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

/**
 * Installs a folder's own packages, unless those that its lock file names are there. What few tests, rare scripts or
 * the pages need is not in the root's lock, so that `npm ci` installs less. Needs the registry, as `npm ci` does.
 */
export async function installPackages(folder: string): Promise<void> {
  const cwd = path.join(root, folder);
  if (areInstalled(cwd)) return;
  process.stderr.write(`Installing the packages of ${folder}, which takes a moment\n`);
  try {
    await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(
      `npm ci failed in ${folder}. It needs the registry: try again with it.\n${stderr ?? ''}`,
      {
        cause: error,
      },
    );
  }
}

// By what npm noted, and not by times: a copy of the sources has new ones, and so has a checked-out branch.
function areInstalled(folder: string): boolean {
  const noted = path.join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(noted)) return false;
  const installed = packagesIn(noted);
  return Object.entries(packagesIn(path.join(folder, 'package-lock.json'))).every(
    ([name, { integrity, optional }]) => optional === true || installed[name]?.integrity === integrity,
  );
}

function packagesIn(lock: string): Record<string, { integrity?: string; optional?: boolean }> {
  return JSON.parse(readFileSync(lock, 'utf8')).packages;
}

if (import.meta.main) await Promise.all(process.argv.slice(2).map(installPackages));
