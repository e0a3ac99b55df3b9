import { sandboxFaults } from '../../src/sandbox/faults.ts';
import { magicCases } from '../../src/sandbox/magic-values.ts';
import { table } from './table.ts';

/** What each magic word makes the sandbox do. */
export function sandboxTable(): string {
  return table(
    ['`sandbox_…`', 'the sandbox'],
    [
      ...Object.entries(magicCases).map(([word, { does }]) => [`\`${word}\``, does]),
      ['`delay_<ms>`', 'answers so much later, up to a minute'],
      ...Object.entries(sandboxFaults).map(([word, { does }]) => [
        `\`${word}\``,
        `${does}; \`once_${word}\`: only once for each key`,
      ]),
    ],
  );
}
