import { describe, expect, it } from '@jest/globals';
import { sandboxCases } from '../../src/sandbox/cases.ts';

describe.each(['v1', 'v2'] as const)('the sandbox’s cases for the playground on %s', (api) => {
  const cases = sandboxCases[api];

  it('the sandbox’s cases for the playground all have different words and texts', () => {
    const texts = cases.map(({ does }) => does);
    expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
    expect(new Set(cases.map(({ word }) => word)).size).toBe(cases.length);
  });

  it('the sandbox’s cases for the playground are in groups, with those about waiting on v2 only', () => {
    const groups = [...new Set(cases.map(({ group }) => group))];
    const all = ['Scores', 'Waiting', 'Refusals', 'Faults'];
    expect(groups).toEqual(all.filter((group) => group !== 'Waiting' || api === 'v2'));
  });
});
