import { sandboxFaults } from './faults.ts';
import { magicCases } from './magic-values.ts';

/** Something that the sandbox can be asked to do, for people to choose from. */
export interface SandboxCase {
  readonly group: string;
  /** What follows `sandbox_` in a string of the request. */
  readonly word: string;
  readonly does: string;
}

const magic = Object.entries(magicCases).map(([word, { does, error }]) => ({
  group: error === undefined ? 'Levels and signals' : 'Errors',
  word,
  does,
}));
const faults = Object.entries(sandboxFaults);

/** Everything that can be chosen; delays, of which there are as many as milliseconds, by example. */
export const sandboxCases: readonly SandboxCase[] = [
  ...magic.filter(({ group }) => group !== 'Errors'),
  { group: 'Slow', word: 'delay_1000', does: 'answers a second later' },
  { group: 'Slow', word: 'delay_5000', does: 'answers five seconds later' },
  ...magic.filter(({ group }) => group === 'Errors'),
  ...faults.map(([word, { does }]) => ({ group: 'Down', word, does })),
  ...faults.map(([word, { does }]) => ({
    group: 'Down once, then well',
    word: `once_${word}`,
    does: `${does}; the next try works`,
  })),
];
