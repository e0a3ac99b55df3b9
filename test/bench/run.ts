/*
 * `npm run bench [-- --quick] [-- mode …]`: measures what a mutation costs the gateway and the baselines, in one run on
 * one machine. Servers are pinned to the first core, load and upstream to the second. Figures are medians of rounds
 * taken in turn; CPU is what the operating system charged to the server's process.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { contestants } from './contestants.ts';
import { endIssuer, type Figures } from './load.ts';
import { coldStart } from './modes/cold-start.ts';
import { cpu } from './modes/cpu.ts';
import { documents } from './modes/documents.ts';
import { inFlight } from './modes/in-flight.ts';
import { overload } from './modes/overload.ts';
import { replicas } from './modes/replicas.ts';
import { steady } from './modes/steady.ts';
import { thousand } from './modes/thousand.ts';
import { full, quick } from './scale.ts';

const modes = { cpu, steady, coldStart, thousand, inFlight, overload, replicas, documents };
type Mode = keyof typeof modes;

// All threads of this process, which generates the load.
execFileSync('taskset', ['-acp', '1', String(process.pid)]);

const options = process.argv.slice(2);
const isQuick = options.includes('--quick');
const named = options.filter((option): option is Mode => option in modes);
const chosen: readonly Mode[] =
  named.length > 0 ? named : isQuick ? ['cpu', 'steady', 'coldStart'] : (Object.keys(modes) as Mode[]);

const results: Figures[] = contestants.map(() => ({}));
const tables: string[] = [];
const pace = isQuick ? ', short warm-up' : '';
const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.versions.node}${pace}; in brackets the multiple of the limit`;
for (const mode of chosen) {
  process.stderr.write(`measuring ${mode} …\n`);
  const figures = await modes[mode](isQuick ? quick : full);
  for (const [index, taken] of figures.entries()) Object.assign(results[index] ?? {}, taken);
  tables.push(tableOf(figures));
  // Results are kept even if a later mode fails.
  const measured = contestants.map(({ name }, index) => ({ name, ...results[index] }));
  writeFileSync('test/bench/results.json', JSON.stringify({ machine, contestants: measured }, null, 2));
}
await endIssuer();

process.stdout.write(`${[machine, ...tables].join('\n\n')}\n`);

function tableOf(figures: readonly Figures[]): string {
  const [limit = {}] = figures;
  const measured = contestants.flatMap(({ name }, index) => {
    const taken = figures[index];
    return taken === undefined || Object.keys(taken).length === 0 ? [] : [{ name, taken }];
  });
  // For a single contestant, one line for each figure is easier to read.
  if (measured.length === 1 && measured[0] !== undefined) {
    const { name, taken } = measured[0];
    const rows = Object.entries(taken).map(([column, figure]) => `| ${column} | ${rounded(figure)} |`);
    return [`| ${name} | |`, '| --- | --- |', ...rows].join('\n');
  }
  const columns = [...new Set(measured.flatMap(({ taken }) => Object.keys(taken)))];
  const cell = (taken: Figures, column: string): string => {
    const figure = taken[column];
    if (figure === undefined) return '';
    const base = limit[column];
    return base === undefined || base <= 0
      ? rounded(figure)
      : `${rounded(figure)} (${(figure / base).toFixed(2)})`;
  };
  return [
    `| | ${columns.join(' | ')} |`,
    `| --- |${' --- |'.repeat(columns.length)}`,
    ...measured.map(
      ({ name, taken }) => `| ${name} | ${columns.map((column) => cell(taken, column)).join(' | ')} |`,
    ),
  ].join('\n');
}

function rounded(figure: number): string {
  return figure < 10 ? figure.toFixed(1) : String(Math.round(figure));
}
