/*
 * `npm run soak -- [--hostile-share 0.2] [--minutes 1] [--fault-share 0.2] [--rate calls a second] [--plot file.svg]`:
 * puts steady load on a gateway, a third of what it carries unless a rate is given, against a sandbox that fails a
 * share of its requests in every way it can. Every call must end with an evaluation or a typed error, every key must
 * have exactly one effect, and memory must stay flat. With a `--hostile-share`, that share of the callers attacks in
 * the ways of `hostile-callers.ts`, and 99 of 100 calls of the others must still succeed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Sandbox, sandboxKey } from '../../src/sandbox/sandbox.ts';
import { spawnGateway } from '../harness/gateway.ts';
import { attack } from './hostile-callers.ts';
import { type MemorySample, plotMemory } from './soak-plot.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    'fault-share': { type: 'string', default: '0.2' },
    'hostile-share': { type: 'string', default: '0' },
    rate: { type: 'string' },
    plot: { type: 'string' },
  },
});
const seconds = Number(values.minutes) * 60;
const faultShare = Number(values['fault-share']);
const hostileShare = Number(values['hostile-share']);
const query = `mutation($input: CreateCustomerEvaluationInput!) {
  createCustomerEvaluation(input: $input) { customerEvaluation { id } errors { code retryable effect } }
}`;

interface Ending {
  id: string | undefined;
  code: string;
  effect: string;
  tries: number;
  tookMs: number;
}

const sandbox = new Sandbox({ faultShare, capacity: 1_000_000 });
// The process reports its heap, which no other process can see.
const tellHeap =
  "setInterval(()=>process.stderr.write('heapUsed '+process.memoryUsage().heapUsed+'\\n'),1000).unref()";
const gateway = await spawnGateway({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tellHeap)}`,
  STRIPE_API_URL: await sandbox.listen('127.0.0.1', 0),
  STRIPE_SECRET_KEY: sandboxKey,
  RATE_LIMIT_PER_MINUTE: 'off',
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
});

const inputUnder = (key: string) => ({
  eventType: 'LOGIN',
  evaluationContext: [{ clientDetails: { radarSession: `rse_${key}` } }],
  idempotencyKey: key,
});

const once = async (key: string): Promise<Omit<Ending, 'tries' | 'tookMs'> & { retryable: boolean }> => {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { input: inputUnder(key) } }),
  });
  const { data, errors } = (await response.json()) as {
    data?: {
      createCustomerEvaluation: {
        customerEvaluation: { id: string } | null;
        errors: { code: string; retryable: boolean; effect: string }[];
      } | null;
    };
    errors?: { extensions: { code: string; retryable: boolean } }[];
  };
  const payload = data?.createCustomerEvaluation;
  const [failure] = payload?.errors ?? [];
  const [shed] = errors ?? [];
  return {
    id: payload?.customerEvaluation?.id,
    code: failure?.code ?? shed?.extensions.code ?? 'ok',
    effect: failure?.effect ?? 'NONE',
    retryable: failure?.retryable ?? shed?.extensions.retryable ?? false,
  };
};

/** Like a client: retries with its key until a response is not retryable. */
async function untilTerminal(key: string): Promise<Ending> {
  const start = performance.now();
  for (let tries = 1; ; tries += 1) {
    const ending = await once(key);
    const { id, code, effect } = ending;
    if (!ending.retryable || tries === 50)
      return { id, code, effect, tries, tookMs: performance.now() - start };
    await delay(200);
  }
}

function residentMegabytes(): number {
  const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

function heapMegabytes(): number {
  const told = gateway.told();
  return Math.round(Number([...told.matchAll(/heapUsed (\d+)/g)].at(-1)?.[1] ?? 0) / 1024 / 1024);
}

/** Calls a second that sixty-four clients complete in five seconds, faults included. */
async function measureCapacity(): Promise<number> {
  let carried = 0;
  const until = performance.now() + 5_000;
  await Promise.all(
    Array.from({ length: 64 }, async (_, client) => {
      for (let call = 0; performance.now() < until; call += 1) {
        await once(`capacity-${client}-${call}`);
        carried += 1;
      }
    }),
  );
  return carried / 5;
}
const perSecond = values.rate === undefined ? Math.floor((await measureCapacity()) / 3) : Number(values.rate);
// Calls that were not finished are not counted.
await delay(2_000);
const createdBefore = sandbox.created;

const start = performance.now();
const memory: MemorySample[] = [];
const sample = (): void => {
  const minutes = (performance.now() - start) / 60_000;
  memory.push({ minutes, residentMegabytes: residentMegabytes(), heapMegabytes: heapMegabytes() });
};
sample();
const sampling = setInterval(sample, 5_000);
const calls: Promise<Ending>[] = [];
const attacks: Promise<void>[] = [];
// With a hostile share of 0.2, one attack follows every fourth honest call.
const honestForEach = hostileShare === 0 ? Number.POSITIVE_INFINITY : Math.round(1 / hostileShare) - 1;
while (performance.now() - start < seconds * 1000) {
  calls.push(untilTerminal(`soak-${calls.length}`));
  if (calls.length % honestForEach === 0) {
    const body = JSON.stringify({ query, variables: { input: inputUnder(`hostile-${attacks.length}`) } });
    attacks.push(attack(gateway.url, attacks.length, body));
  }
  await delay(Math.max(0, start + (calls.length * 1000) / perSecond - performance.now()));
}
const endings = await Promise.all(calls);
await Promise.all(attacks);
clearInterval(sampling);

const codes: Record<string, number> = {};
for (const { code } of endings) codes[code] = (codes[code] ?? 0) + 1;
const ok = endings.filter(({ code }) => code === 'ok');
const ids = new Set(ok.map(({ id }) => id));
const perhaps = endings.filter(({ code, effect }) => code !== 'ok' && effect === 'UNKNOWN').length;
const effects = sandbox.created - createdBefore;
const took = endings.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
const report = {
  seconds,
  faultShare,
  perSecond,
  calls: endings.length,
  attacks: attacks.length,
  successShare: ok.length / endings.length,
  codes,
  repeatedByClients: endings.filter(({ tries }) => tries > 1).length,
  effects,
  p50Ms: Math.round(took[Math.floor(took.length / 2)] ?? 0),
  p99Ms: Math.round(took[Math.floor(took.length * 0.99)] ?? 0),
  residentMegabytes: memory.map(({ residentMegabytes: resident }) => resident),
  heapMegabytes: memory.map(({ heapMegabytes: heap }) => heap),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);

if (values.plot !== undefined) {
  const title = `Memory of the gateway at ${perSecond} evaluations a second, ${faultShare * 100} % of upstream calls failing`;
  writeFileSync(values.plot, plotMemory(memory.slice(1), title));
}

gateway.child.kill('SIGTERM');
const exit = await gateway.exited;
await sandbox.close();

// A leak remains after each collection, so it shows in the smallest heap and in the peak of resident memory.
const early = memory.slice(1, Math.ceil(memory.length / 2));
const late = memory.slice(Math.ceil(memory.length / 2));
const leastHeap = (samples: MemorySample[]) => Math.min(...samples.map(({ heapMegabytes: heap }) => heap));
const mostResident = (samples: MemorySample[]) =>
  Math.max(...samples.map(({ residentMegabytes: resident }) => resident));
const grew =
  leastHeap(late) > leastHeap(early) * 1.5 + 20 || mostResident(late) > mostResident(early) * 1.5 + 50;

// One effect for each success. A call that ended otherwise with its effect unknown may have had one.
const faults = [
  ids.size === ok.length || 'two keys share an evaluation',
  // Some attacks are successful calls, up to five each.
  (effects >= ok.length && effects <= ok.length + perhaps + 5 * attacks.length) ||
    'effects and successes differ',
  hostileShare === 0 || ok.length / endings.length >= 0.99 || 'fewer than 99 of 100 succeeded',
  !grew || 'memory grew',
  exit === 0 || `the gateway ended with ${exit}`,
].filter((fault) => fault !== true);
process.stdout.write(faults.length === 0 ? 'held\n' : `FAILED: ${faults.join(', ')}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
