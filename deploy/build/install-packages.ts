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

// By what is there, and not by times: a copy of the sources has new ones, and so has a checked-out branch.
function areInstalled(folder: string): boolean {
  // npm writes it when it has finished.
  if (!existsSync(path.join(folder, 'node_modules/.package-lock.json'))) return false;
  const { packages } = read(path.join(folder, 'package-lock.json')) as { packages: Record<string, Locked> };
  return Object.entries(packages).every(([name, { version, optional }]) => {
    if (name === '' || optional === true) return true;
    const manifest = path.join(folder, name, 'package.json');
    return existsSync(manifest) && (read(manifest) as Locked).version === version;
  });
}

interface Locked {
  readonly version?: string;
  /** Of some platforms only, as a rule. */
  readonly optional?: boolean;
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

if (import.meta.main) await Promise.all(process.argv.slice(2).map(installPackages));
