/*
 * `npm run bench [-- --quick]`: what a mutation costs, for the gateway and for the baselines beside it, in one
 * run on one machine. Servers are pinned to the first core, load and upstream to the second. Rounds are taken in
 * turn; figures are medians; CPU is the operating system's account of the server's process.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import autocannon from 'autocannon';
import { type Contestant, contestants, request } from './contestants.ts';
import { type ServerProcess, startProcess } from './server-process.ts';

const quick = process.argv.includes('--quick');
const settings = quick
  ? { warmUpSeconds: 8, rounds: 2, roundSeconds: 4, steadySeconds: 8, starts: 3 }
  : { warmUpSeconds: 30, rounds: 5, roundSeconds: 10, steadySeconds: 30, starts: 9 };

type Figures = Record<string, number>;

const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: request } as const;

async function load(server: ServerProcess, options: Partial<autocannon.Options>): Promise<autocannon.Result> {
  const result = await autocannon({ url: `${server.url}/graphql`, ...post, connections: 64, ...options });
  if (result.errors > 0 || result.non2xx > 0) {
    throw new Error(`${server.url}: ${result.errors} errors, ${result.non2xx} answers that were no success`);
  }
  return result;
}

const startUpstream = (latencyMs: number): Promise<ServerProcess> =>
  startProcess(['test/bench/upstream.js'], { core: 1, environment: { LATENCY_MS: String(latencyMs) } });

const startContestant = (
  { command, environment }: Contestant,
  upstream: ServerProcess,
): Promise<ServerProcess> => startProcess(command, { core: 0, environment: environment(upstream.url) });

/** One answered mutation, which must be a right one: a server that only refuses would be the fastest. */
async function answerOne(server: ServerProcess): Promise<void> {
  const response = await fetch(`${server.url}/graphql`, post);
  const text = await response.text();
  if (!text.includes('ceval_1STAJ19XxSPY66dBEesAnzjw')) throw new Error(`${server.url} answered ${text}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Runs `round` for each contestant in turn, so that a machine that changes its pace changes it for all. */
async function inTurn(
  rounds: number,
  latencyMs: number,
  warmUpSeconds: number,
  round: (server: ServerProcess) => Promise<Figures>,
): Promise<Figures[]> {
  const upstream = await startUpstream(latencyMs);
  const servers: ServerProcess[] = [];
  for (const contestant of contestants) {
    const server = await startContestant(contestant, upstream);
    await answerOne(server);
    if (warmUpSeconds > 0) await load(server, { duration: warmUpSeconds });
    servers.push(server);
  }
  const taken: Figures[][] = servers.map(() => []);
  for (let count = 0; count < rounds; count += 1) {
    for (const [index, server] of servers.entries()) taken[index]?.push(await round(server));
  }
  for (const server of [...servers, upstream]) await server.stop();
  return taken.map((figures) =>
    Object.fromEntries(
      Object.keys(figures[0] ?? {}).map((name) => [name, median(figures.map((figure) => figure[name] ?? 0))]),
    ),
  );
}

/** CPU microseconds for each mutation, against an upstream that answers at once. */
const cpu = (): Promise<Figures[]> =>
  inTurn(settings.rounds, 0, settings.warmUpSeconds, async (server) => {
    const before = server.cpuSeconds();
    const { requests, latency } = await load(server, { duration: settings.roundSeconds });
    return {
      'CPU µs': ((server.cpuSeconds() - before) / requests.total) * 1e6,
      'per second': requests.average,
      'p50 ms': latency.p50,
      'p99 ms': latency.p99,
      'peak MB': server.peakMegabytes(),
    };
  });

/** What a mutation takes beyond the upstream's 300 ms, at a steady hundred a second. */
const steady = (): Promise<Figures[]> => {
  const atRate = { connections: 100, overallRate: 100, ignoreCoordinatedOmission: true };
  return inTurn(1, 300, 0, async (server) => {
    await load(server, { ...atRate, duration: 3 });
    const { latency } = await load(server, { ...atRate, duration: settings.steadySeconds });
    return { 'p50 + ms': latency.p50 - 300, 'p99 + ms': latency.p99 - 300 };
  });
};

/** Milliseconds from spawning the process to its first answered mutation. */
async function coldStart(): Promise<Figures[]> {
  const upstream = await startUpstream(0);
  const taken: number[][] = contestants.map(() => []);
  for (let count = 0; count < settings.starts; count += 1) {
    for (const [index, contestant] of contestants.entries()) {
      const start = performance.now();
      const server = await startContestant(contestant, upstream);
      await answerOne(server);
      taken[index]?.push(performance.now() - start);
      await server.stop();
    }
  }
  await upstream.stop();
  return taken.map((times) => ({ 'start ms': median(times) }));
}

/** Ten thousand mutations in flight against an upstream of 8 s: memory each, and whether all are answered. */
async function inFlight(): Promise<Figures[]> {
  const connections = 10_000;
  const upstream = await startUpstream(8_000);
  const figures: Figures[] = [];
  for (const contestant of contestants.slice(0, 2)) {
    const server = await startContestant(contestant, upstream);
    const before = server.residentMegabytes();
    const result = await autocannon({
      url: `${server.url}/graphql`,
      ...post,
      connections,
      amount: connections,
      timeout: 60,
    });
    figures.push({
      'in flight, unanswered': connections - result['2xx'],
      'in flight, KB each': ((server.peakMegabytes() - before) * 1024) / connections,
    });
    await server.stop();
  }
  await upstream.stop();
  return figures;
}

const modes = { cpu, steady, coldStart, ...(quick ? {} : { inFlight }) };
const results: Figures[] = contestants.map(() => ({}));
for (const [mode, measure] of Object.entries(modes)) {
  process.stderr.write(`measuring ${mode} …\n`);
  for (const [index, figures] of (await measure()).entries()) Object.assign(results[index] ?? {}, figures);
}

const names = [...new Set(results.flatMap((figures) => Object.keys(figures)))];
const limit = results[0] ?? {};
const cell = (figures: Figures, name: string): string => {
  const figure = figures[name];
  if (figure === undefined) return '';
  const ratio = limit[name] ? ` (${(figure / limit[name]).toFixed(2)})` : '';
  return `${figure < 10 ? figure.toFixed(1) : Math.round(figure)}${ratio}`;
};
const lines = contestants.map(
  ({ name }, index) =>
    `| ${name} | ${names.map((column) => cell(results[index] ?? {}, column)).join(' | ')} |`,
);
process.stdout.write(
  `${[
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.versions.node}; in brackets the multiple of the limit`,
    '',
    `| | ${names.join(' | ')} |`,
    `| --- |${' --- |'.repeat(names.length)}`,
    ...lines,
  ].join('\n')}\n`,
);
writeFileSync(
  'test/bench/results.json',
  JSON.stringify(
    contestants.map(({ name }, index) => ({ name, ...results[index] })),
    null,
    2,
  ),
);
