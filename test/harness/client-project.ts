import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A project of its own with the package for clients, installed as npm packs it, and the examples. */
export interface ClientProject {
  readonly folder: string;
  /** The package as npm would publish it. */
  readonly tarball: string;
  remove(): void;
}

/** Packs and installs the package. `libraries` are linked from this project's packages. */
export async function makeClientProject(libraries: readonly string[]): Promise<ClientProject> {
  const folder = mkdtempSync(path.join(tmpdir(), 'frontend-'));
  // Packed in a copy, since packing compiles: two tests may pack at once.
  const source = path.join(folder, 'schema');
  cpSync('schema', source, { recursive: true, filter: (file) => !/node_modules|\/dist|\.tgz$/.test(file) });
  cpSync('tsconfig.json', path.join(folder, 'tsconfig.json'));
  symlinkSync(path.resolve('node_modules'), path.join(source, 'node_modules'));
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: source });
  rmSync(source, { recursive: true });
  rmSync(path.join(folder, 'tsconfig.json'));
  const tarball = path.join(folder, stdout.trim().split('\n').at(-1) ?? '');

  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module", "private": true }');
  // Peer dependencies are linked below, so that only the package and its dependencies are installed.
  const quietly = ['--prefer-offline', '--legacy-peer-deps', '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...quietly, tarball], { cwd: folder });
  for (const name of libraries) {
    const link = path.join(folder, 'node_modules', name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.resolve('node_modules', name), link);
  }
  cpSync('docs/examples', folder, { recursive: true });
  return { folder, tarball, remove: () => rmSync(folder, { recursive: true }) };
}
