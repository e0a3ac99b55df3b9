import { existsSync, globSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { mutationRows, notMeasured } from '../mutation/rows.ts';

describe('what is measured by changing it', () => {
  it.each(Object.entries(mutationRows))(
    'what is measured by changing it is all of %s/, each file once, or says why not',
    (room, rows) => {
      const inRows = rows.flatMap(({ files }) => files.flatMap((pattern) => globSync(pattern)));
      const left = Object.keys(notMeasured).filter((file) => file.startsWith(`src/${room}/`));
      expect([...inRows, ...left].sort()).toEqual(globSync(`src/${room}/**/*.ts`).sort());
    },
  );

  it('what is measured by changing it is measured by tests that exist', () => {
    const names = Object.values(mutationRows).flatMap((rows) => rows.flatMap(({ tests }) => tests));
    expect(names.filter((name) => !existsSync(`test/${name}.test.ts`))).toEqual([]);
  });
});
