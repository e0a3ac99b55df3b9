import { sandboxFaults } from '../../src/sandbox/faults.ts';
import { magicCases } from '../../src/sandbox/magic-values.ts';
import { v2MagicCases } from '../../src/sandbox/v2/magic-values.ts';
import { table } from './table.ts';

/** The effect of each magic word. */
export function sandboxTable(): string {
  return table(
    ['`sandbox_…`', 'the sandbox'],
    [
      ...Object.entries(magicCases).map(([word, { does, onV2 }]) => [
        `\`${word}\``,
        onV2?.does === undefined ? does : `${does}; v2: ${onV2.does}`,
      ]),
      ['`delay_<ms>`', 'answers this many milliseconds later, up to a minute'],
      [
        '`read_…`',
        'processes the request, and applies the word to each read of the evaluation: `read_error_503`, `read_once_reset`',
      ],
      ...Object.entries(sandboxFaults).map(([word, { does }]) => [
        `\`${word}\``,
        `${does}; \`once_${word}\`: only once for each key`,
      ]),
    ],
  );
}

/** The words of v2 only. */
export function sandboxV2Table(): string {
  return table(
    ['`sandbox_…`', 'the sandbox’s v2'],
    [
      ['`pending_<ms>`', 'the signal arrives this many milliseconds after the creation, instead of 300'],
      ['`pending_reads_<n>`', 'the signal arrives at the n-th read, whatever the time'],
      ...Object.entries(v2MagicCases).map(([word, { does }]) => [`\`${word}\``, does]),
    ],
  );
}
