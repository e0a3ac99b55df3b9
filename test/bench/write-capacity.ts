/*
 * `npm run bench:docs`: writes what the last `npm run bench` measured of the gateway, and what follows from it, into
 * the table of docs/capacity.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** Of a core: the rest is for bursts, and for the share of a replica that has just died. */
const plannedShare = 0.6;
const page = 'docs/capacity.md';

const results = JSON.parse(readFileSync('test/bench/results.json', 'utf8')) as Record<string, number>[];
const gateway = results.find(({ name }) => String(name) === 'gateway');
if (gateway === undefined) throw new Error('test/bench/results.json has no figures of the gateway');

const cpuMicroseconds = figure('CPU µs');
const planned = (1e6 / cpuMicroseconds) * plannedShare;
const round = (number: number): string => Math.round(number).toLocaleString('en');
/** One more than it takes, since at any time one may be draining; and never fewer than three. */
const replicasFor = (perSecond: number): number => Math.max(3, Math.ceil(perSecond / planned) + 1);

const rows = [
  ['CPU of one evaluation', `${round(cpuMicroseconds)} µs`],
  ['at most, with a whole core', `${round(1e6 / cpuMicroseconds)} a second`],
  [`planned, with ${plannedShare * 100} % of a core`, `${round(planned)} a second`],
  ['p50 and p99 at 64 at a time, as fast as it goes', `${figure('p50 ms')} ms, ${figure('p99 ms')} ms`],
  [
    'added to Stripe’s 300 ms at 100 a second, p50 and p99',
    `${figure('added p50 ms')} ms, ${figure('added p99 ms')} ms`,
  ],
  ['from the start to the first answered evaluation', `${round(figure('start ms'))} ms`],
  ['most memory under that load', `${round(figure('peak MB'))} MB`],
  ...('KB each' in gateway
    ? [['memory of one call in flight, of ten thousand', `${round(figure('KB each'))} KB`]]
    : []),
  ...[100, 1_000, 5_000, 10_000].map((perSecond) => [
    `replicas for ${round(perSecond)} evaluations a second`,
    String(replicasFor(perSecond)),
  ]),
];
const table = ['| | |', '| --- | --- |', ...rows.map(([what, value]) => `| ${what} | ${value} |`)].join('\n');
const text = readFileSync(page, 'utf8');
const place = /<!-- capacity -->[\s\S]*<!-- \/capacity -->/;
if (!place.test(text)) throw new Error(`${page} has no place for the table`);
writeFileSync(page, text.replace(place, `<!-- capacity -->\n${table}\n<!-- /capacity -->`));

function figure(name: string): number {
  const value = gateway?.[name];
  if (value === undefined) throw new Error(`test/bench/results.json lacks "${name}": run npm run bench`);
  return value;
}
