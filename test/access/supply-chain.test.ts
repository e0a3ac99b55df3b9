import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

const npm = (...args: string[]) =>
  spawnSync('npm', [...args, '--fetch-retries=0', '--fetch-timeout=10000'], {
    encoding: 'utf8',
    timeout: 30_000,
  });
const report = npm('audit', '--json').stdout;
const answers = report.includes('"auditReportVersion"');
const itWhereAnswered = answers ? it : it.skip;
const reason = answers ? '' : ' (skipped: the registry answers no audits here)';

describe('what is installed', () => {
  it('is pinned to exact versions', () => {
    const versions = Object.entries<string>({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.length).toBeGreaterThan(20);
    for (const [name, version] of versions) expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  it('is known by its hash', () => {
    for (const [path, { integrity }] of locked) expect(`${path} ${integrity}`).toMatch(/ sha512-/);
  });

  it('runs no install scripts but those that were looked at', () => {
    const scripted = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));
    const decided = Object.keys(manifest.allowScripts);
    // What only other platforms install has none that could run here.
    expect(scripted.filter((name) => !decided.includes(name) && name !== 'fsevents')).toEqual([]);
  });

  itWhereAnswered(`has no known vulnerability that matters${reason}`, () => {
    const { high, critical } = JSON.parse(report).metadata.vulnerabilities;
    expect({ high, critical }).toEqual({ high: 0, critical: 0 });
  });
});
