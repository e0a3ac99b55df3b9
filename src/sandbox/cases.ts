import { sandboxFaults } from './faults.ts';
import { casesOf, onApi, type SandboxApi } from './magic-request.ts';
import type { MagicCase } from './magic-values.ts';

/** A case of the sandbox, for people to choose from. */
export interface SandboxCase {
  readonly group: 'Scores' | 'Waiting' | 'Refusals' | 'Faults';
  /** The word after `sandbox_` in a string of the request. */
  readonly word: string;
  readonly does: string;
}

const faults = Object.entries(sandboxFaults);

// Examples of words that contain a number.
const delays: readonly SandboxCase[] = [
  { group: 'Faults', word: 'delay_1000', does: 'answers a second later' },
  { group: 'Faults', word: 'delay_5000', does: 'answers five seconds later' },
];
const completions: readonly SandboxCase[] = [
  { group: 'Waiting', word: 'pending_1000', does: 'the signal arrives a second later' },
  { group: 'Waiting', word: 'pending_10000', does: 'the signal arrives ten seconds later' },
];

/** All cases of an API. */
function sandboxCasesOf(api: SandboxApi): readonly SandboxCase[] {
  const fixed = Object.entries(casesOf(api)).map(([word, magic]) => ({ word, ...onApi(api, magic) }));
  const members = (group: SandboxCase['group']): SandboxCase[] =>
    fixed.filter((each) => groupOf(each) === group).map(({ word, does }) => ({ group, word, does }));
  return [
    ...members('Scores'),
    ...members('Waiting'),
    ...(api === 'v2' ? completions : []),
    ...members('Refusals'),
    ...delays,
    ...members('Faults'),
    ...faults.map(([word, { does }]) => ({ group: 'Faults' as const, word, does })),
    ...faults.map(([word, { does }]) => ({
      group: 'Faults' as const,
      word: `once_${word}`,
      does: `${does}; the next try works`,
    })),
  ];
}

export const sandboxCases: Readonly<Record<SandboxApi, readonly SandboxCase[]>> = {
  v1: sandboxCasesOf('v1'),
  v2: sandboxCasesOf('v2'),
};

// Stripe's own failures are faults, not refusals: https://docs.stripe.com/api/errors
function groupOf({ error, completion, isPartial }: MagicCase): SandboxCase['group'] {
  if (error !== undefined) return error.type === 'api_error' ? 'Faults' : 'Refusals';
  return completion !== undefined || isPartial ? 'Waiting' : 'Scores';
}
