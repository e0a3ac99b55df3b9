import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import type { Contestant } from './contestants.ts';
import { type ServerProcess, startProcess } from './server-process.ts';

/** The measurements of one contestant, by column. */
export type Figures = Record<string, number>;

/** A running contestant and how to call it. */
export interface Target {
  readonly server: ServerProcess;
  readonly headers: Record<string, string>;
  /** The request: the mutation of a sign-up form. */
  readonly signUp: string;
  /** The same, but the upstream responds immediately, whatever its latency: for the warm-up. */
  readonly warmUp: string;
}

// v2 evaluates only existing Stripe customers.
const customers = {
  data: { customerData: { email: 'test@example.com', name: 'Test User', phone: '1234567890' } },
  id: { customer: 'cus_1STA7a9XxSPY66dBhVL80eEC' },
} as const;

const create = {
  query: readFileSync('test/bench/operations/create.graphql', 'utf8'),
  operationName: 'Create',
};

const bodyOf = ({ customer = 'data' }: Contestant, radarSession: string): string => {
  const customerDetails = customers[customer];
  const evaluationContext = [{ clientDetails: { radarSession } }, { customerDetails }];
  return JSON.stringify({
    ...create,
    variables: { input: { eventType: 'REGISTRATION', evaluationContext } },
  });
};

let issuer: Issuer | undefined;

/** Stops what all modes share. */
export async function endIssuer(): Promise<void> {
  await issuer?.close();
}

/** Starts an upstream with this latency on the second core, which also generates the load. */
export const startUpstream = (latencyMs: number): Promise<ServerProcess> =>
  startProcess(['test/bench/upstream.js'], { core: 1, environment: { LATENCY_MS: String(latencyMs) } });

/**
 * Starts a contestant, by default on the first core, and checks that it works: a server that only refuses would be the
 * fastest.
 */
export async function startContestant(
  contestant: Contestant,
  upstream: ServerProcess,
  core: 0 | 1 = 0,
): Promise<Target> {
  const { command, environment, headers } = contestant;
  issuer ??= await startIssuer();
  const target = {
    server: await startProcess(command, { core, environment: environment(upstream.url, issuer) }),
    headers: { 'content-type': 'application/json', ...(await headers(issuer)) },
    signUp: bodyOf(contestant, 'rse_1ST9qQ9XxSPY66dBmI6YhJ9u'),
    warmUp: bodyOf(contestant, 'rse_at_once'),
  };
  const response = await fetch(`${target.server.url}/graphql`, {
    method: 'POST',
    headers: target.headers,
    body: target.warmUp,
  });
  const text = await response.text();
  if (!text.includes('_1STAJ19XxSPY66dBEesAnzjw')) {
    throw new Error(`${command.join(' ')} answered ${text}`);
  }
  return target;
}

/** Puts load on a target. Throws if a response is missing or not successful, except for those that are `shed`. */
export async function load(
  { server, headers, signUp }: Target,
  { shed, ...options }: Partial<autocannon.Options> & { shed?: boolean },
): Promise<autocannon.Result> {
  const result = await autocannon({
    url: `${server.url}/graphql`,
    method: 'POST',
    headers,
    body: signUp,
    connections: 64,
    timeout: 60,
    ...options,
  });
  if (!shed && (result.errors > 0 || result.non2xx > 0)) {
    throw new Error(`${server.url}: ${result.errors} errors, ${result.non2xx} answers that were no success`);
  }
  return result;
}

/** Runs a target until its code is compiled, whatever the upstream's latency. It may shed load during this time. */
export const warm = (target: Target, seconds: number): Promise<unknown> =>
  load(target, { duration: seconds, body: target.warmUp, shed: true });

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The percentile: the smallest value that this share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

interface Rounds {
  readonly latencyMs: number;
  readonly rounds: number;
  readonly warmUpSeconds: number;
}

/**
 * Runs `round` for each contestant in turn, so that a machine that gets slower does so for all. Returns the medians.
 */
export async function inTurn(
  contestants: readonly Contestant[],
  { latencyMs, rounds, warmUpSeconds }: Rounds,
  round: (target: Target) => Promise<Figures>,
): Promise<Figures[]> {
  const upstream = await startUpstream(latencyMs);
  const targets: Target[] = [];
  for (const contestant of contestants) {
    const target = await startContestant(contestant, upstream);
    await warm(target, warmUpSeconds);
    targets.push(target);
  }
  const taken: Figures[][] = targets.map(() => []);
  for (let count = 0; count < rounds; count += 1) {
    for (const [index, target] of targets.entries()) taken[index]?.push(await round(target));
  }
  for (const { server } of targets) await server.stop();
  await upstream.stop();
  return taken.map((figures) =>
    Object.fromEntries(
      Object.keys(figures[0] ?? {}).map((name) => [name, median(figures.map((figure) => figure[name] ?? 0))]),
    ),
  );
}

/** The CPU microseconds of each answered request of a load, and those of them spent in scavenges. */
export async function cpuOf(
  target: Target,
  options: Partial<autocannon.Options>,
): Promise<{ cpu: number; scavenges: number; result: autocannon.Result }> {
  const { server } = target;
  const before = { cpu: server.cpuSeconds(), scavenges: await server.scavengeSeconds() };
  const result = await load(target, options);
  const each = (seconds: number): number => (seconds / result.requests.total) * 1e6;
  const cpu = each(server.cpuSeconds() - before.cpu);
  return { cpu, scavenges: each((await server.scavengeSeconds()) - before.scavenges), result };
}
