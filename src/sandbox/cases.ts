import { sandboxFaults } from './faults.ts';
import { magicCases } from './magic-values.ts';

/** Something that the sandbox can be asked to do, for people to choose from. */
export interface SandboxCase {
  readonly group: 'Scores' | 'Refusals' | 'Faults';
  /** What follows `sandbox_` in a string of the request. */
  readonly word: string;
  readonly does: string;
}

const magic = Object.entries(magicCases).map(([word, { does, error }]) => ({ word, does, error }));
const faults = Object.entries(sandboxFaults);

/** Everything that can be chosen; delays, of which there are as many as milliseconds, by example. */
export const sandboxCases: readonly SandboxCase[] = [
  ...magic
    .filter(({ error }) => error === undefined)
    .map(({ word, does }) => ({ group: 'Scores' as const, word, does })),
  ...magic
    .filter(({ error }) => error !== undefined && error.type !== 'api_error')
    .map(({ word, does }) => ({ group: 'Refusals' as const, word, does })),
  { group: 'Faults', word: 'delay_1000', does: 'answers a second later' },
  { group: 'Faults', word: 'delay_5000', does: 'answers five seconds later' },
  // Stripe's own failures: https://docs.stripe.com/api/errors
  ...magic
    .filter(({ error }) => error?.type === 'api_error')
    .map(({ word, does }) => ({ group: 'Faults' as const, word, does })),
  ...faults.map(([word, { does }]) => ({ group: 'Faults' as const, word, does })),
  ...faults.map(([word, { does }]) => ({
    group: 'Faults' as const,
    word: `once_${word}`,
    does: `${does}; the next try works`,
  })),
];
