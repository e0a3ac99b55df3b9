import { readFileSync } from 'node:fs';
import { attackTable } from '../../test/access/attack-rows.ts';
import { roomsTable } from '../../test/contract/rooms.ts';
import { noneTable } from '../../test/errors/none-rows.ts';
import { faultTable } from '../../test/faults/rows.ts';
import { inputTable, reportTable } from './api-tables.ts';
import { payloadErrorTable, topLevelErrorTable } from './error-reference.ts';
import { graphReference } from './graph-reference.ts';
import { alertsTable, metricsTable } from './monitoring-tables.ts';
import { pagePaths, pageTable } from './page-list.ts';
import { sandboxTable, sandboxV2Table } from './sandbox-table.ts';
import { settingsTable } from './settings-reference.ts';

/** The generated content of each place `<!-- name -->…<!-- /name -->` in a page. */
const places: Readonly<Record<string, () => string>> = {
  alerts: alertsTable,
  attacks: attackTable,
  faults: faultTable,
  graph: graphReference,
  inputs: inputTable,
  metrics: metricsTable,
  none: noneTable,
  pages: pageTable,
  reports: reportTable,
  'payload-errors': payloadErrorTable,
  rooms: roomsTable,
  sandbox: sandboxTable,
  'sandbox-v2': sandboxV2Table,
  settings: settingsTable,
  'top-level-errors': topLevelErrorTable,
};

/** Every page with generated places, as it should be. Fails if a place is in no page. */
export function generatedPages(): Map<string, string> {
  const pages = new Map(pagePaths().map((path) => [path, readFileSync(path, 'utf8')]));
  for (const [name, made] of Object.entries(places)) {
    const holders = [...pages].filter(([, text]) => place(name).test(text));
    if (holders.length === 0) throw new Error(`no page has the place <!-- ${name} -->`);
    for (const [path, text] of holders) {
      pages.set(
        path,
        text.replace(place(name), () => `<!-- ${name} -->\n${made()}\n<!-- /${name} -->`),
      );
    }
  }
  for (const [path, text] of pages) pages.set(path, withExamples(text));
  return pages;
}

function place(name: string): RegExp {
  return new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`);
}

const example = /<!-- example (\S+) -->[\s\S]*?<!-- \/example -->/g;

function withExamples(page: string): string {
  return page.replace(example, (_, file: string) => exampleOf(file));
}

// An example is shown completely: the page contains the code that is compiled and run.
function exampleOf(file: string): string {
  const text = readFileSync(file, 'utf8').trim();
  const language = file.split('.').at(-1);
  return `<!-- example ${file} -->\n\`\`\`${language}\n${text}\n\`\`\`\n<!-- /example -->`;
}
