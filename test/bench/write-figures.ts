/*
 * `npm run bench:docs`: writes the figures of the last `npm run bench` into docs/capacity.md (the gateway, and what
 * follows from them) and the README (the gateway and the baselines). Figures that were not measured are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** The share of a core to plan for. The rest is for bursts and for the load of a replica that has just died. */
const plannedShare = 0.6;

type Measured = Readonly<Record<string, number | string | undefined>>;
const { machine, contestants } = JSON.parse(readFileSync('test/bench/results.json', 'utf8')) as {
  readonly machine: string;
  readonly contestants: readonly Measured[];
};
const columns = [
  { title: 'as installed', measured: measuredOf('gateway') },
  { title: 'with tokens, trusted documents and metrics', measured: measuredOf('gateway, everything on') },
].filter(({ measured }) => figure(measured, 'CPU µs') !== undefined);
if (columns.length === 0)
  throw new Error('test/bench/results.json has no figures of the gateway: run npm run bench');

const round = (number: number): string => Math.round(number).toLocaleString('en');
const { 'CPU µs': gatewayCpu, 'peak per second': peak } = measuredOf('gateway');
/**
 * At this latency each request wakes the process by itself, so a core carries less than the CPU of a mutation suggests.
 */
const peakShare =
  typeof peak === 'number' && typeof gatewayCpu === 'number' ? Math.min(1, (peak * gatewayCpu) / 1e6) : 1;
const planned = (microseconds: number): number => (1e6 / microseconds) * peakShare * plannedShare;
/** One more than the load needs, because one may be draining, and never fewer than three. */
const replicas = (perSecond: number) => (microseconds: number) =>
  String(Math.max(3, Math.ceil(perSecond / planned(microseconds)) + 1));

/** The label of a row, the figure it shows, and its format. */
const rows: readonly (readonly [what: string, name: string, how: (figure: number) => string])[] = [
  ['CPU per evaluation', 'CPU µs', (figure) => `${round(figure)} µs`],
  ['evaluations that a core could carry by that', 'CPU µs', (figure) => `${round(1e6 / figure)} a second`],
  [
    `planned: ${plannedShare * 100} % of what a core carried at peak`,
    'CPU µs',
    (figure) => `${round(planned(figure))} a second`,
  ],
  [
    'measured peak goodput, with Stripe at 300 ms',
    'peak per second',
    (figure) => `${round(figure)} a second`,
  ],
  ['goodput at 2× peak load', '× 2: goodput, % of peak', (figure) => `${round(figure)} % of it`],
  [
    'p99 latency of accepted requests at 2× peak load',
    '× 2: accepted p99 ms',
    (figure) => `${round(figure)} ms`,
  ],
  ['goodput at 5× peak load', '× 5: goodput, % of peak', (figure) => `${round(figure)} % of it`],
  [
    'p99 latency of accepted requests at 5× peak load',
    '× 5: accepted p99 ms',
    (figure) => `${round(figure)} ms`,
  ],
  ['added to Stripe’s 300 ms, p50', 'added p50 ms', (figure) => `${round(figure)} ms`],
  ['added to Stripe’s 300 ms, p99', 'added p99 ms', (figure) => `${round(figure)} ms`],
  ['from start to the first answered evaluation', 'start ms', (figure) => `${round(figure)} ms`],
  ['peak memory at full load', 'peak MB', (figure) => `${round(figure)} MB`],
  ['memory of one call in flight, of thousands', 'KB each', (figure) => `${round(figure)} KB`],
  ...[100, 1_000, 5_000, 10_000].map(
    (perSecond) =>
      [`replicas for ${round(perSecond)} evaluations a second`, 'CPU µs', replicas(perSecond)] as const,
  ),
];

const lines = rows.flatMap(([what, name, how]) => {
  const cells = columns.map(({ measured }) => {
    const value = figure(measured, name);
    return value === undefined ? '' : how(value);
  });
  return cells.some((cell) => cell !== '') ? [`| ${what} | ${cells.join(' | ')} |`] : [];
});
const table = [
  `| | ${columns.map(({ title }) => title).join(' | ')} |`,
  `| --- |${' --- |'.repeat(columns.length)}`,
  ...lines,
].join('\n');
write('docs/capacity.md', 'capacity', table);

/**
 * The columns of the comparison, each also as a multiple of the limit, unless the limit's own figure is close to zero.
 */
const compared: readonly (readonly [title: string, name: string, digits: number])[] = [
  ['CPU per mutation, µs', 'CPU µs', 0],
  ['the same at 100 a second', 'CPU µs at 100 a second', 0],
  ['added p50, ms', 'added p50 ms', 1],
  ['added p99, ms', 'added p99 ms', 1],
  ['start, ms', 'start ms', 0],
  ['peak memory, MB', 'peak MB', 0],
];
const limit = contestants[0] ?? {};
const multiple = (value: number, name: string): string => {
  const base = figure(limit, name);
  return base === undefined || base < 1 ? '' : ` (${(value / base).toFixed(1)})`;
};
const comparison = [
  `| | ${compared.map(([title]) => title).join(' | ')} |`,
  `| --- |${' --- |'.repeat(compared.length)}`,
  ...contestants.map((measured) => {
    const cells = compared.map(([, name, digits]) => {
      const value = figure(measured, name);
      return value === undefined ? '' : value.toFixed(digits) + multiple(value, name);
    });
    return `| ${measured['name']} | ${cells.join(' | ')} |`;
  }),
].join('\n');
write('README.md', 'comparison', `${comparison}\n\n${machine}.`);

function write(page: string, name: string, content: string): void {
  const text = readFileSync(page, 'utf8');
  const place = new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`);
  if (!place.test(text)) throw new Error(`${page} has no place for ${name}`);
  writeFileSync(page, text.replace(place, `<!-- ${name} -->\n${content}\n<!-- /${name} -->`));
}

function measuredOf(contestant: string): Measured {
  return contestants.find(({ name }) => name === contestant) ?? {};
}

function figure(measured: Measured, name: string): number | undefined {
  const value = measured[name];
  return typeof value === 'number' ? value : undefined;
}
