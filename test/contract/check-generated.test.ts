import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

describe('the check of generated files', () => {
  let folder: string;
  const git = (...parameters: string[]): string => {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    return execFileSync('git', [...identity, ...parameters], { cwd: folder, encoding: 'utf8' });
  };
  const check = () =>
    spawnSync(process.execPath, ['schema/check-generated.ts'], { cwd: folder, encoding: 'utf8' });

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'generated-'));
    for (const name of ['.gitignore', 'docs/examples/back-end']) {
      cpSync(name, path.join(folder, name), { recursive: true });
    }
    mkdirSync(path.join(folder, 'schema'));
    for (const name of ['api.graphql', 'check-generated.ts', 'generated']) {
      cpSync(`schema/${name}`, path.join(folder, 'schema', name), { recursive: true });
    }
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'start');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('the check of generated files passes after the package is packed and the back end’s example installed', () => {
    const left = [
      'customer-evaluations-0.3.0.tgz',
      'schema/customer-evaluations-0.3.0.tgz',
      'docs/examples/back-end/package-lock.json',
    ];
    for (const name of left) writeFileSync(path.join(folder, name), '');
    expect(git('status', '--porcelain')).toBe('');
    writeFileSync(path.join(folder, 'schema/notes.txt'), 'not generated');
    expect(check()).toMatchObject({ status: 0, stderr: '' });
  });

  it('the check of generated files fails if a generated file changed, or is new', () => {
    appendFileSync(path.join(folder, 'schema/api.graphql'), '# changed\n');
    writeFileSync(path.join(folder, 'schema/generated/new.json'), '{}');
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('\nschema/api.graphql\n');
    expect(stderr).toContain('\nschema/generated/new.json\n');
  });

  it('the check of generated files fails where git does not work', () => {
    rmSync(path.join(folder, '.git'), { recursive: true });
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toMatch(/not a git repository/i);
  });
});
