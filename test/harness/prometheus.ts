import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePort } from './free-port.ts';
import { reasonWithout } from './missing-program.ts';

/** Why tests with Prometheus can't run on this machine; undefined if they can. With CI=true they must. */
export function missingPrometheus(): string | undefined {
  return reasonWithout('prometheus', spawnSync('prometheus', ['--version']).status === 0);
}

/** A series of a query result. Its points are in seconds since the epoch. */
interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

export interface PrometheusServer {
  /** The current result of a query, with one point for each series. */
  query(expression: string): Promise<Series[]>;
  /** The results over a time, with a point every `stepSeconds`. */
  queryRange(
    expression: string,
    range: { fromSeconds: number; toSeconds: number; stepSeconds: number },
  ): Promise<Series[]>;
  close(): Promise<void>;
}

interface PrometheusOptions {
  /** The host and port of each replica's metrics, by the name that its series get. */
  readonly replicas: Readonly<Record<string, string>>;
  /** How often replicas are scraped and rules are evaluated. */
  readonly intervalMs: number;
}

/** A real Prometheus that scrapes these replicas as one job, and evaluates the shipped rules. */
export async function startPrometheus({
  replicas,
  intervalMs,
}: PrometheusOptions): Promise<PrometheusServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'prometheus-'));
  const interval = `${intervalMs}ms`;
  const file = path.join(directory, 'prometheus.yaml');
  writeFileSync(
    file,
    stringify({
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
      rule_files: [path.resolve('deploy/monitoring/alerts.yaml')],
      scrape_configs: [
        {
          job_name: 'customer-evaluations',
          static_configs: Object.entries(replicas).map(([instance, target]) => ({
            targets: [target],
            labels: { instance },
          })),
        },
      ],
    }),
  );
  const port = await freePort();
  const server = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let told = '';
  server.stderr.on('data', (chunk: Buffer) => {
    told += chunk;
  });
  const exited = once(server, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const isReady = (): Promise<boolean> =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (server.exitCode !== null) throw new Error(`Prometheus did not start: ${told}`);
    await delay(20);
  }

  const ask = async (what: string, parameters: Record<string, string>): Promise<Answer['data']['result']> => {
    const response = await fetch(`${url}/api/v1/${what}?${new URLSearchParams(parameters)}`);
    const { status, error, data } = (await response.json()) as Answer;
    if (status !== 'success') throw new Error(`${parameters['query']}: ${error}`);
    return data.result;
  };
  return {
    async query(query) {
      const result = await ask('query', { query });
      return result.map(({ metric, value }) => seriesOf(metric, value === undefined ? [] : [value]));
    },
    async queryRange(query, { fromSeconds, toSeconds, stepSeconds }) {
      const [start, end, step] = [fromSeconds, toSeconds, stepSeconds].map(String) as [
        string,
        string,
        string,
      ];
      const result = await ask('query_range', { query, start, end, step });
      return result.map(({ metric, values = [] }) => seriesOf(metric, values));
    },
    async close() {
      server.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true });
    },
  };
}

/** Source: https://prometheus.io/docs/prometheus/latest/querying/api/ */
interface Answer {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

// NaN, such as a quantile without observations, is left out.
function seriesOf(labels: Record<string, string>, values: readonly (readonly [number, string])[]): Series {
  return {
    labels,
    points: values
      .map(([seconds, value]) => [seconds, Number(value)] as const)
      .filter(([, value]) => Number.isFinite(value)),
  };
}
