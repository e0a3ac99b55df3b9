import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { sourceFiles } from '../harness/source-files.ts';
import { noneRows } from './none-rows.ts';

// Files that declare the word or use it with another meaning.
const declaring = [
  'src/errors/upstream-call-error.ts',
  'src/customer-evaluation/customer-evaluation-error.type.ts',
  'src/telemetry/signal-metrics.ts',
];

describe('every promise that nothing happened', () => {
  it('every promise that nothing happened is in the table of docs/failures.md', () => {
    const saying = sourceFiles()
      .map((name) => `src/${name}`)
      .filter((path) => /\bNONE\b|\.ofFields?\(/.test(readFileSync(path, 'utf8')))
      .filter((path) => !declaring.includes(path));
    expect(saying.sort()).toEqual(noneRows.map(({ file }) => file).sort());
  });

  it.each(noneRows)(
    'every promise that nothing happened is covered by an existing test: $file',
    ({ test }) => {
      expect(existsSync(test.file)).toBe(true);
      expect(readFileSync(test.file, 'utf8')).toContain(test.name);
    },
  );
});
