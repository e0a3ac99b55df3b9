import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { settings } from '../../src/settings.ts';
import { withTables } from './readme-tables.ts';

const readme = readFileSync('README.md', 'utf8');

describe('the README', () => {
  it('has the tables that the code makes (`npm run docs` writes them)', () => {
    expect(readme).toBe(withTables(readme));
  });

  it('names no npm script that there is not', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script);
    expect(named.length).toBeGreaterThan(0);
    for (const script of named) expect(Object.keys(scripts)).toContain(script);
  });

  it('has a row for every setting', () => {
    const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
    const missing = Object.keys(settings.shape).filter(
      (name) => !rows.some((row) => row.includes(`\`${name}\``)),
    );
    expect(missing).toEqual([]);
  });

  it('links to nothing that is not there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? '');
    expect(links.length).toBeGreaterThan(0);
    for (const path of links) expect(() => readFileSync(path)).not.toThrow(/ENOENT/);
  });
});
