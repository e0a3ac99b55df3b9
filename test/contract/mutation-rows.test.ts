import { existsSync, globSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { mutationRows, notMeasured } from '../mutation/rows.ts';

describe('what is measured by changing it', () => {
  it.each(Object.entries(mutationRows))(
    'the mutation tests cover every file of %s/ once, or say why not',
    (room, rows) => {
      const inRows = rows.flatMap(({ files }) => files.flatMap((pattern) => globSync(pattern)));
      const left = Object.keys(notMeasured).filter((file) => file.startsWith(`src/${room}/`));
      expect([...inRows, ...left].sort()).toEqual(globSync(`src/${room}/**/*.ts`).sort());
    },
  );

  it('the mutation tests name only tests that exist', () => {
    const names = Object.values(mutationRows).flatMap((rows) => rows.flatMap(({ tests }) => tests));
    expect(names.filter((name) => !existsSync(`test/${name}.test.ts`))).toEqual([]);
  });
});
