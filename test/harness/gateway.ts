import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { runInThisContext } from 'node:vm';
import type { ClockShift } from './movable-clock.ts';
import type { ResponseData } from './response-data.ts';

/** A response to a GraphQL request, as a client reads it. */
export interface GraphQLAnswer {
  status: number;
  headers: Headers;
  text: string;
  data: ResponseData;
  errors:
    | { message: string; path?: unknown[]; extensions: { code: string; [name: string]: unknown } }[]
    | undefined;
}

/** The built gateway as a process of its own, started with an environment, with its log. */
export interface GatewayProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Every log line so far. A line arrives a moment after its event: see `flushed`. */
  readonly log: string[];
  /** Everything written to stderr so far. */
  readonly told: () => string;
  /** The exit code, or the signal that ended the process. */
  readonly exited: Promise<number | string>;
  send(query: string, variables?: object, headers?: Record<string, string>): Promise<GraphQLAnswer>;
  /** Waits until all lines of answered requests are in `log`. */
  flushed(): Promise<string[]>;
  /** Waits for a line that matches; rejects if the process ends without one. */
  logged(pattern: RegExp): Promise<string>;
  /** Moves the clocks of a process that was started with a movable clock. `{}` resets them. */
  moveClock(shift: Partial<ClockShift>): Promise<void>;
  /** Sends SIGTERM and waits for the exit. Rejects if it is not clean. */
  close(): Promise<void>;
}

export type TestGateway = GatewayProcess;

export interface ProcessOptions {
  /** The limit of open files. */
  readonly maxFiles?: number;
  /** Options of Node itself, such as `--max-old-space-size=384`. */
  readonly nodeOptions?: readonly string[];
  /** The directory of the build, if not the checkout. */
  readonly directory?: string;
  /** Whether `moveClock` is to work. */
  readonly movableClock?: boolean;
  /** Whether the issuer fails on purpose, so that its keys are not awaited. */
  readonly issuerFails?: boolean;
}

/** The heap of a container with 768 MiB: see the Dockerfile. */
export const containerHeap: ProcessOptions = {
  nodeOptions: ['--max-old-space-size=384', '--max-semi-space-size=64'],
};

/** Loaded by `npm run test:plans`. */
const warmPlans = new URL('../prepared/warm-plans.ts', import.meta.url).href;

/** Tests call faster than people do, on machines that may be busy. */
const unlimited = {
  RATE_LIMIT_PER_MINUTE: 'off',
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
  MAX_EVENT_LOOP_DELAY_MS: '10000',
};

/** Starts the built gateway on a free port, with limits out of reach and every line logged. */
export function startTestGateway(
  environment: Record<string, string> = {},
  options?: ProcessOptions,
): Promise<TestGateway> {
  return spawnGateway({ LOG_LEVEL: 'trace', ...unlimited, ...environment }, options);
}

/** Starts the built gateway on a free port; `environment` is all the environment it sees. */
export async function spawnGateway(
  environment: Record<string, string>,
  {
    maxFiles,
    nodeOptions = [],
    directory = '.',
    movableClock = false,
    issuerFails = false,
  }: ProcessOptions = {},
): Promise<GatewayProcess> {
  const preload = [
    ...(movableClock ? ['--import', './test/harness/movable-clock.ts'] : []),
    ...(process.env['PLANS'] === 'warm' ? ['--import', warmPlans] : []),
  ];
  const command = [process.execPath, ...nodeOptions, ...preload, 'dist/main.js'];
  const limited = ['sh', '-c', `ulimit -n ${maxFiles} && exec "$0" "$@"`, ...command];
  const [program = '', ...parameters] = maxFiles === undefined ? command : limited;
  const child = spawn(program, parameters, {
    cwd: directory,
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...(movableClock ? (['ipc'] as const) : [])],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const closed = once(child, 'close');
  endWithUs(child);
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const log: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => log.push(line));

  const logged = keepingAlive(async (pattern: RegExp): Promise<string> => {
    for (let read = 0; ; read += 1) {
      while (read >= log.length) {
        const ended = await Promise.race([once(lines, 'line').then(() => false), closed.then(() => true)]);
        if (ended && read >= log.length) {
          throw new Error(`the gateway ended and never logged ${pattern}:\n${[...log, told].join('\n')}`);
        }
      }
      const line = log[read] ?? '';
      if (pattern.test(line)) return line;
    }
  });

  const { url } = JSON.parse(await logged(/"msg":"listening"/)) as { url: string };
  // On a busy machine the first fetch of the key set may time out. It is repeated after five seconds.
  const timedOut = /"reason":"timeout".*the key set of JWT_JWKS_URL is down/;
  if (!issuerFails && log.some((line) => timedOut.test(line)))
    await logged(/the key set of JWT_JWKS_URL is up/);
  const drained = async (): Promise<void> => {
    for (let quiet = 0, read = log.length; quiet < 3; quiet = log.length === read ? quiet + 1 : 0) {
      read = log.length;
      await fetch(`${url}/healthz`);
    }
  };
  let flushes = 0;
  return {
    url,
    child,
    log,
    told: () => told,
    exited,
    send: (query, variables, headers) => postGraphQL(url, query, variables, headers),
    async flushed() {
      flushes += 1;
      const id = `flush-${flushes}`;
      // This request has no operation, so it is refused and logged immediately for every caller.
      const { status } = await fetch(`${url}/graphql`, { headers: { 'x-request-id': id } });
      // A rate-limited request is not logged, so wait until no more lines arrive.
      if (status === 429) await drained();
      else await logged(new RegExp(`"requestId":"${id}"`));
      return log;
    },
    logged,
    async moveClock({ wallMs = 0, monotonicMs = 0 }) {
      if (!movableClock) throw new Error('this gateway was started without a movable clock');
      const moved = once(child, 'message');
      child.send({ wallMs, monotonicMs });
      await moved;
    },
    close: keepingAlive(async () => {
      child.kill('SIGTERM');
      const end = await exited;
      await closed;
      if (end !== 0) throw new Error(`the gateway ended with ${end}:\n${[...log, told].join('\n')}`);
      if (/^\(node:\d+\)/m.test(told)) throw new Error(`Node warned:\n${told}`);
    }),
  };
}

/** A gateway that a failed test left running must not keep Jest alive, and ends with it. */
function endWithUs(child: ChildProcessByStdio<null, Readable, Readable>): void {
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket).unref();
  child.channel?.unref();
  // Jest gives tests a copy of `process`, which emits no events.
  const ours = runInThisContext('process') as NodeJS.Process;
  const kill = (): unknown => child.kill('SIGKILL');
  ours.once('exit', kill);
  child.once('exit', () => ours.off('exit', kill));
}

/** Keeps this process alive while it waits for the gateway's. */
function keepingAlive<Args extends unknown[], Result>(
  wait: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    const timer = setInterval(() => undefined, 60_000);
    try {
      return await wait(...args);
    } finally {
      clearInterval(timer);
    }
  };
}

/** The CPU time used by the gateway, in milliseconds, unaffected by other load. The kernel counts in steps of ten. */
export function processorMs({ child }: Pick<GatewayProcess, 'child'>): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** The CPU time of `times` repetitions, because a single one takes less than the kernel can measure. */
export async function processorMsOf(
  gateway: Pick<GatewayProcess, 'child'>,
  times: number,
  act: () => Promise<unknown>,
): Promise<number> {
  const before = processorMs(gateway);
  for (let count = 0; count < times; count += 1) await act();
  return processorMs(gateway) - before;
}

/** Sends an operation to the GraphQL server at `url`. */
export async function postGraphQL(
  url: string,
  query: string,
  variables?: object,
  headers: Record<string, string> = {},
): Promise<GraphQLAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, ...JSON.parse(text) };
}

/** The environment of a gateway whose upstream is at `url`. */
export function upstreamAt(url: string, rest: Record<string, string> = {}): Record<string, string> {
  return { STRIPE_API_URL: url, STRIPE_SECRET_KEY: 'sk_test_canary0key', ...rest };
}
