import { sandboxFaults } from '../../src/sandbox/faults.ts';
import { magicCases } from '../../src/sandbox/magic-values.ts';
import { faultTable } from '../faults/rows.ts';

/** The tables of the README that are made from code, by the marker they stand in. */
const tables: Readonly<Record<string, () => string>> = { faults: faultTable, sandbox: sandboxTable };

/** The README with its tables as they should be. */
export function withTables(readme: string): string {
  return Object.entries(tables).reduce((text, [marker, table]) => {
    const section = new RegExp(`<!-- ${marker} -->[^]*<!-- /${marker} -->`);
    if (!section.test(text)) throw new Error(`the README has no place for the table "${marker}"`);
    return text.replace(section, () => `<!-- ${marker} -->\n${table()}\n<!-- /${marker} -->`);
  }, readme);
}

function sandboxTable(): string {
  const rows = [
    ...Object.entries(magicCases).map(([word, { does }]) => [word, does]),
    ['delay_<ms>', 'answers so much later, up to a minute'],
    ...Object.entries(sandboxFaults).map(([word, { does }]) => [
      word,
      `${does}; \`once_${word}\`: only once for each key`,
    ]),
  ];
  return [
    '| `sandbox_…` | the sandbox |',
    '| --- | --- |',
    ...rows.map(([word, does]) => `| \`${word}\` | ${does} |`),
  ].join('\n');
}
