import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Sandbox, sandboxKey } from '../../src/sandbox/sandbox.ts';
import { freePort } from '../harness/free-port.ts';
import { type GatewayProcess, spawnGateway } from '../harness/gateway.ts';
import { startIssuer } from '../harness/issuer.ts';
import { startPrometheus } from '../harness/prometheus.ts';
import { startRedis } from '../harness/redis.ts';
import { type Panel, withoutVariables } from './dashboard.ts';
import type { Drawing, DrawnSeries, Phase } from './dashboard-drawing.ts';

/** What happens, in order, and for how many seconds. Without a caption, it is a quiet time. */
const acts = {
  quiet: { seconds: 18 },
  client: { seconds: 28, words: 'a client’s new version sends nonsense', colour: '#5794f2' },
  quietAgain: { seconds: 12 },
  replicaDown: {
    seconds: 28,
    words: 'one of two replicas is killed, and more people come',
    colour: '#f2495c',
  },
  quietOnceMore: { seconds: 14 },
  redisDown: { seconds: 14, words: 'Redis and the trace collector are gone', colour: '#b877d9' },
  stillQuiet: { seconds: 6 },
  upstreamSlow: { seconds: 14, words: 'Stripe is slow', colour: '#f2cc0c' },
  upstreamDown: { seconds: 30, words: 'Stripe answers 503', colour: '#ff9830' },
} as const satisfies Record<string, { seconds: number; words?: string; colour?: string }>;
type Act = keyof typeof acts;

const intervalMs = 1_000;
/** As Grafana chooses it: four scrapes. */
const rateInterval = '4s';

/**
 * Three minutes of what an operator may see: two replicas under steady load, scraped by a real Prometheus; then each
 * panel's queries are run.
 */
export async function runDashboardScene(panels: readonly Panel[]): Promise<Drawing> {
  const sandbox = new Sandbox({ capacity: 100_000 });
  const [upstreamUrl, issuer, collector] = await Promise.all([
    sandbox.listen('127.0.0.1', 0),
    startIssuer(),
    startCollector(),
  ]);
  let redis = await startRedis();
  const ports = [await freePort(), await freePort()];
  const metricsPorts = [await freePort(), await freePort()];
  const start = (index: number): Promise<GatewayProcess> =>
    spawnGateway({
      ...issuer.environment(),
      PORT: String(ports[index]),
      METRICS_PORT: String(metricsPorts[index]),
      STRIPE_API_URL: upstreamUrl,
      STRIPE_SECRET_KEY: sandboxKey,
      STRIPE_API_VERSION: '2026-06-24.preview',
      UPSTREAM_MAX_CONCURRENCY: '16',
      REDIS_URL: redis.url,
      RATE_LIMIT_PER_MINUTE: '100',
      RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '1000',
    });
  const replicas = await Promise.all([start(0), start(1)]);
  const prometheus = await startPrometheus({
    replicas: Object.fromEntries(
      metricsPorts.map((port, index) => [`replica-${index + 1}`, `127.0.0.1:${port}`]),
    ),
    intervalMs,
  });
  const visitors = await Promise.all(
    Array.from({ length: 200 }, (_, index) => issuer.token({ sub: `visitor ${index}` })),
  );
  const urls = ports.map((port) => `http://127.0.0.1:${port}/graphql`);
  const send = sendTo(urls, visitors);

  // Before the picture begins: the first moments of a process are not of interest.
  await offer(() => send('quiet'), 45, 8);
  const beganAt = Date.now() / 1000;
  const phases: Phase[] = [];
  for (const [name, act] of Object.entries(acts) as [
    Act,
    { seconds: number; words?: string; colour?: string },
  ][]) {
    const fromSeconds = Date.now() / 1000 - beganAt;
    if (name === 'replicaDown') replicas[1]?.child.kill('SIGKILL');
    if (name === 'quietOnceMore') replicas[1] = await start(1);
    if (name === 'redisDown') {
      await redis.kill();
      await collector.goAway();
    }
    if (name === 'stillQuiet') {
      redis = await startRedis(redis.port);
      await collector.comeBack();
    }
    await offer(() => send(name), name === 'replicaDown' ? 130 : 45, act.seconds);
    const { words, colour } = act;
    if (words !== undefined && colour !== undefined)
      phases.push({ fromSeconds, toSeconds: Date.now() / 1000 - beganAt, words, colour });
  }
  const endedAt = Date.now() / 1000;

  const range = { fromSeconds: beganAt, toSeconds: endedAt, stepSeconds: intervalMs / 1000 };
  const drawn: Drawing = {
    title: 'Customer evaluations gateway',
    phases,
    lastSecond: endedAt - beganAt,
    panels: await Promise.all(
      panels.map(async (panel) => {
        const asked = (panel.targets ?? []).map(
          async ({ expr, legendFormat = '' }): Promise<DrawnSeries[]> => {
            const query = withoutVariables(expr, rateInterval);
            const found =
              panel.type === 'stat'
                ? await prometheus.query(query)
                : await prometheus.queryRange(query, range);
            return found.map(({ labels, points }) => ({
              name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? ''),
              points: points.map(([at, value]) => [at - beganAt, value] as const),
            }));
          },
        );
        return { panel, series: (await Promise.all(asked)).flat() };
      }),
    ),
  };
  await prometheus.close();
  for (const { child, exited } of replicas) {
    child.kill('SIGTERM');
    await exited;
  }
  await Promise.all([redis.kill(), collector.goAway(), issuer.close(), sandbox.close()]);
  return drawn;
}

/** Sends this many a second, whatever becomes of them. */
async function offer(send: () => Promise<void>, perSecond: number, seconds: number): Promise<void> {
  const start = performance.now();
  for (let sent = 0; performance.now() - start < seconds * 1000; sent += 1) {
    void send();
    await delay(Math.max(0, start + ((sent + 1) * 1000) / perSecond - performance.now()));
  }
}

const fields = '{ customerEvaluation { id } errors { code } }';
const create = `mutation ($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) ${fields} }`;
const report = `mutation ($input: ReportCustomerEvaluationInput!) { reportCustomerEvaluation(input: $input) ${fields} }`;
const read = 'query ($id: ID!) { customerEvaluation(id: $id) { id status } }';

/**
 * Sends one request of a visitor, as the act demands, through a balancer that tries the other replica if one is down.
 */
function sendTo(urls: readonly string[], visitors: readonly string[]): (act: Act) => Promise<void> {
  const made: string[] = [];
  let turn = 0;
  const post = async (body: object, token: string): Promise<void> => {
    turn += 1;
    for (const offset of [0, 1]) {
      try {
        const response = await fetch(urls[(turn + offset) % urls.length] ?? '', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
          body: JSON.stringify(body),
        });
        const id = /"id":"(ceval_\w+)"/.exec(await response.text())?.[1];
        if (id !== undefined) made.push(id);
        return;
      } catch {
        // Down: try the other one.
      }
    }
  };
  const evaluate = (words: string, token: string, moreMs = 0): Promise<void> => {
    const takesMs = Math.round(70 + 60 * Math.exp(Math.random() * 1.6)) + moreMs;
    const input = {
      eventType: Math.random() < 0.7 ? 'LOGIN' : 'REGISTRATION',
      evaluationContext: [
        { clientDetails: { radarSession: `rse_${crypto.randomUUID()}${words}` } },
        { customerDetails: { customer: `cus_sandbox_delay_${takesMs}` } },
      ],
    };
    return post({ query: create, variables: { input } }, token);
  };
  return (act) => {
    const token = pick(visitors);
    const chance = Math.random();
    switch (act) {
      case 'client':
        if (chance < 0.12)
          return post({ query: create, variables: { input: { eventType: 'LOGIN' } } }, token);
        if (chance < 0.2) return post({ query: '{ customerEvaluations { id } }' }, token);
        if (chance < 0.26) return post({ query: create }, 'expired');
        if (chance < 0.34) return evaluate(' sandbox_missing', token);
        // A client that does not wait between its calls.
        if (chance < 0.5) return evaluate('', visitors[0] ?? token);
        break;
      case 'upstreamSlow':
        return evaluate('', token, 250);
      case 'upstreamDown':
        return evaluate(' sandbox_error_503', token);
    }
    const id = made.length > 20 ? pick(made) : undefined;
    if (id !== undefined && chance > 0.93) return post({ query: read, variables: { id } }, token);
    if (id !== undefined && chance > 0.86)
      return post(
        { query: report, variables: { input: { id, report: { outcome: { status: 'ALLOWED' } } } } },
        token,
      );
    return evaluate(
      pick([
        '',
        '',
        '',
        ' sandbox_once_reset',
        ' sandbox_low',
        ' sandbox_highest',
        ' sandbox_new_signal',
        '',
        '',
        '',
      ]),
      token,
    );
  };
}

function pick<Choice>(choices: readonly [Choice, ...Choice[]] | readonly Choice[]): Choice {
  return choices[Math.floor(Math.random() * choices.length)] as Choice;
}

/** Accepts everything it is sent while it is up. */
async function startCollector(): Promise<{
  url: string;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}> {
  const server = createServer((request, response) => {
    request
      .resume()
      .on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async goAway() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    comeBack: () => listen(port),
  };
}
