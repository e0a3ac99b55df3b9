import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface LockedPackage {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
);
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('what is installed', () => {
  it('every installed package is pinned to an exact version', () => {
    const versions = Object.entries<string>({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.length).toBeGreaterThan(20);
    for (const [name, version] of versions) expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  it('the installed Node is the one that .nvmrc names', () => {
    expect(readFileSync('.nvmrc', 'utf8').trim()).toBe(manifest.devDependencies.node);
  });

  it('every installed package is verified by its hash', () => {
    // What only other platforms install is in the lock without one.
    const installed = locked.filter(([path]) => existsSync(path));
    expect(installed.length).toBeGreaterThan(500);
    for (const [path, { integrity }] of installed) expect(`${path} ${integrity}`).toMatch(/ sha512-/);
  });

  it('no installed package runs an install script that was not reviewed', () => {
    const scripted = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));
    const decided = Object.keys(manifest.allowScripts);
    // What only other platforms install has none that could run here.
    expect(scripted.filter((name) => !decided.includes(name) && name !== 'fsevents')).toEqual([]);
  });
});
