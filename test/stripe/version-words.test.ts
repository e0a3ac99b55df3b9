import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { inWordsSince, versionsWith } from '../../src/stripe/versions.ts';
import { sourceFiles } from '../harness/source-files.ts';

const textOf = (file: string): string => readFileSync(file, 'utf8');
const sources = sourceFiles();

describe('the dates at which Stripe’s versions differ', () => {
  it('the dates at which Stripe’s versions differ are written as a person writes them', () => {
    expect(versionsWith('retrieve')).toBe('June 2026 or later');
    expect(versionsWith('clientData')).toBe('June 2026 or later');
    expect(versionsWith('outcomeReports')).toBe('27 May 2026 or later');
    expect(inWordsSince('outcomeReports')).toBe('27 May 2026');
  });

  it('the dates at which Stripe’s versions differ are written out in the table of versions and in no other code', () => {
    // The sandbox is an independent oracle, with a copy of its own; comments name the pages they follow.
    const others = sources.filter((file) => !file.startsWith('sandbox/') && file !== 'stripe/versions.ts');
    const code = others.flatMap((file) =>
      textOf(`src/${file}`)
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
        .filter((line) =>
          /\b(January|February|March|April|May|June) 20\d\d\b|\b20\d\d-\d\d-\d\d\b/.test(line),
        )
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(code).toEqual([]);
  });

  it.each(['docs/supergraph.md', 'schema/customer-evaluations.graphql', 'docs/reference/settings.md'])(
    'the dates at which Stripe’s versions differ are the table’s in %s too',
    (page) => {
      const named = textOf(page).match(/(?:\d+ )?(?:May|June) 2026(?: or later)?|before \d+ May 2026/g) ?? [];
      const known = [
        ...(['retrieve', 'clientData', 'outcomeReports'] as const).map(versionsWith),
        inWordsSince('outcomeReports'),
        inWordsSince('retrieve'),
      ];
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((words) => !known.includes(words))).toEqual([]);
    },
  );
});
