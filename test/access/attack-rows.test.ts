import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { attackRows } from './attack-rows.ts';

describe('the table of attacks in docs/security.md', () => {
  it.each(attackRows)(
    'the table of attacks in docs/security.md names an existing test: $attack',
    ({ test }) => {
      expect(existsSync(test.file)).toBe(true);
      expect(readFileSync(test.file, 'utf8')).toContain(test.name);
    },
  );
});
