import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface LockedPackage {
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
/** The served code is built from these. */
const folders = ['.', 'src/pages/browser'];
const locked = folders.flatMap((folder) => {
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
    readFileSync(`${folder}/package-lock.json`, 'utf8'),
  );
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  return packages.map(([path, each]): [string, LockedPackage] => [`${folder}/${path}`, each]);
});

describe('what is installed', () => {
  it('every installed package is pinned to an exact version', () => {
    const versions = folders.flatMap((folder) => {
      const { dependencies, devDependencies } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
      return Object.entries<string>({ ...dependencies, ...devDependencies });
    });
    expect(versions.length).toBeGreaterThan(20);
    for (const [name, version] of versions) expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  it('the installed Node is the one that .nvmrc names', () => {
    expect(readFileSync('.nvmrc', 'utf8').trim()).toBe(manifest.devDependencies.node);
  });

  it('every installed package is verified by its hash', () => {
    // Optional packages for other platforms have no hash in the lock file.
    const installed = locked.filter(([path]) => existsSync(path));
    expect(installed.length).toBeGreaterThan(500);
    for (const [path, { integrity }] of installed) expect(`${path} ${integrity}`).toMatch(/ sha512-/);
  });

  it('no installed package runs an install script that was not reviewed', () => {
    const scripted = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));
    const decided = Object.keys(manifest.allowScripts);
    // fsevents is installed only on macOS.
    expect(scripted.filter((name) => !decided.includes(name) && name !== 'fsevents')).toEqual([]);
  });
});
