import { setTimeout as delay } from 'node:timers/promises';
import {
  answers,
  cutOff,
  type Fault,
  type FaultyUpstream,
  hang,
  late,
  reset,
  startFaultyUpstream,
  status,
  succeed,
} from '../harness/faulty-upstream.ts';
import { freePort } from '../harness/free-port.ts';
import { type GatewayProcess, spawnGateway } from '../harness/gateway.ts';
import { awaited } from '../harness/upstream-answers.ts';
import type { Call, Ending, History } from './history-check.ts';

/** Bugs that a gateway could have, as the upstream would see them. */
export const plantedBugs = {
  'a fresh key per attempt': () => crypto.randomUUID(),
  'one key for all callers': (_key: string, form: URLSearchParams) => intentOf(form).key,
} as const satisfies Record<string, (key: string, form: URLSearchParams) => string>;

export type PlantedBug = keyof typeof plantedBugs;

export interface HistoryOptions {
  readonly seconds: number;
  /** Stripe's API that the gateways use; v1 by default. */
  readonly api?: 'v1' | 'v2' | undefined;
  /** Seeds the faults and the clients' actions. Their timing depends on the machine. */
  readonly seed: number;
  readonly planted?: PlantedBug | undefined;
}

export interface HistoryRun extends History {
  /** The disturbances of processes and upstream, counted by kind. */
  readonly done: Readonly<Record<string, number>>;
  /** Bugs that the processes logged, and drains that did not end cleanly. */
  readonly bugs: readonly string[];
}

const routerSecret = 'the-secret-of-the-history-check-0';
const clients = ['ada', 'bob', 'cyd', 'dan', 'eve'];
/** The parallel calls of each client, like a person with several tabs. */
const tabs = 3;
/** After this time a client records that it never got a final response. */
const patienceMs = 30_000;

/**
 * Five clients call three gateway processes at random, each with its own keys, which have the same names. Attempts fail
 * in every way, clients disconnect, processes are killed and drained, and the upstream goes down. At the end everything
 * works again, and each client repeats the calls that still have no final response.
 */
export async function runHistory({ seconds, api, seed, planted }: HistoryOptions): Promise<HistoryRun> {
  const random = randomFrom(seed);
  const upstream = await startFaultyUpstream(planted && { keptUnder: plantedBugs[planted] });
  const ports = [await freePort(), await freePort(), await freePort()];
  const start = (port: number): Promise<GatewayProcess> =>
    spawnGateway({
      STRIPE_API_URL: upstream.url,
      STRIPE_SECRET_KEY: 'sk_test_history',
      STRIPE_API: api ?? 'v1',
      PORT: String(port),
      AUTH_MODE: 'router',
      ROUTER_SECRET: routerSecret,
      RATE_LIMIT_PER_MINUTE: 'off',
      UPSTREAM_TIMEOUT_MS: '500',
      UPSTREAM_DEADLINE_MS: '1500',
    });
  const replicas = await Promise.all(ports.map(start));
  const calls: Call[] = [];
  const done: Record<string, number> = {};
  const bugs: string[] = [];
  const end = async ({ child, exited, log }: GatewayProcess, signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const code = await exited;
    if (signal === 'SIGTERM' && code !== 0) bugs.push(`a process that was to drain ended with ${code}`);
    bugs.push(...log.filter((line) => / bug ended|"level":"fatal"/.test(line)));
  };
  const until = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() > until;
  try {
    upstream.always((victim) => pickRandomFault(random)(victim));
    const trouble = makeTrouble({ upstream, replicas, ports, start, end, random, isOver, done });
    const anyUrl = (): string => `http://127.0.0.1:${ports[Math.floor(random() * ports.length)]}`;
    const answered = clients.flatMap((caller) => {
      // All callers use the same names for their keys, so that a mix-up between callers would show.
      let keys = 0;
      return Array.from({ length: tabs }, async () => {
        while (!isOver()) {
          keys += 1;
          await untilAnswered({ caller, key: `key ${keys}` }, { calls, anyUrl, random, isOver });
        }
      });
    });
    await trouble;
    upstream.always();
    await Promise.all(answered);
    // Requests without a response may still have an effect.
    for (const replica of replicas) await end(replica, 'SIGTERM');
    const made = upstream.made.map(({ id, form, at }) => ({ ...intentOf(form), id, madeAtMs: at }));
    return { calls, made, done, bugs };
  } finally {
    for (const { child } of replicas) child.kill('SIGKILL');
    await upstream.close();
  }
}

interface Intent {
  readonly caller: string;
  readonly key: string;
}

/**
 * An input field that the gateway passes on unchanged names the owner. On v2, every other evaluation has a pending
 * signal.
 */
const sessionOf = ({ caller, key }: Intent): string =>
  `${/[02468]$/.test(key) ? awaited : 'rse_'}${caller}/${key}`;

function intentOf(form: URLSearchParams): Intent {
  const session =
    form.get('evaluation_context[0][client_details][radar_session]') ??
    form.get('account_activity_details[data][login_attempt][client_details][radar_session]');
  const [caller = '', key = ''] = session?.replace(awaited, '').replace('rse_', '').split('/') ?? [];
  return { caller, key };
}

/** Seven of ten succeed, some of them late. The others fail before or after the effect. */
function pickRandomFault(random: () => number): Fault {
  if (random() < 0.7) return random() < 0.8 ? succeed : late(random() * 200);
  return faults[Math.floor(random() * faults.length)] ?? succeed;
}

const faults: readonly Fault[] = [
  reset('before'),
  reset('after'),
  hang,
  cutOff((length) => length / 2),
  cutOff(() => 0),
  answers('<html></html>', { 'content-type': 'text/html' }),
  status(409),
  status(429, { code: 'rate_limit' }),
  status(500),
  status(500, {}, {}, true),
  status(503),
  status(504, {}, {}, true),
];

interface Stage {
  readonly upstream: FaultyUpstream;
  readonly replicas: GatewayProcess[];
  readonly ports: readonly number[];
  readonly start: (port: number) => Promise<GatewayProcess>;
  readonly end: (replica: GatewayProcess, signal: NodeJS.Signals) => Promise<void>;
  readonly random: () => number;
  readonly isOver: () => boolean;
  readonly done: Record<string, number>;
}

/** About every half second something ends: a process, by SIGTERM or SIGKILL, or the upstream for a while. */
async function makeTrouble(stage: Stage): Promise<void> {
  const { upstream, replicas, ports, start, end, random, isOver, done } = stage;
  const note = (what: string): void => {
    done[what] = (done[what] ?? 0) + 1;
  };
  while (!isOver()) {
    await delay(200 + random() * 800);
    const chosen = random();
    if (chosen < 0.25) {
      note('upstream gone');
      await upstream.goAway();
      await delay(100 + random() * 600);
      await upstream.comeBack();
      continue;
    }
    const index = Math.floor(random() * replicas.length);
    const replica = replicas[index];
    const port = ports[index];
    if (replica === undefined || port === undefined) continue;
    const signal = chosen < 0.65 ? 'SIGKILL' : 'SIGTERM';
    note(signal === 'SIGKILL' ? 'killed' : 'drained');
    await end(replica, signal);
    replicas[index] = await start(port);
  }
}

interface Road {
  readonly calls: Call[];
  readonly anyUrl: () => string;
  readonly random: () => number;
  readonly isOver: () => boolean;
}

/** Retries like a client: with the same key, on any replica, until a response is not retryable. */
async function untilAnswered(intent: Intent, { calls, anyUrl, random, isOver }: Road): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  const call = async (): Promise<Ending> => {
    const sentAtMs = performance.now();
    const ending = await send(anyUrl(), intent, isOver() ? 1 : random());
    calls.push({ ...intent, sentAtMs, endedAtMs: performance.now(), ending });
    return ending;
  };
  while (performance.now() < giveUpAt) {
    // Some send twice at once, like an impatient double click.
    const endings = await Promise.all(random() < 0.1 ? [call(), call()] : [call()]);
    if (endings.some(isTerminal)) {
      // Some ask again after they have their evaluation.
      if (random() < 0.1) await call();
      return;
    }
    await delay(20 + random() * 100);
  }
}

function isTerminal(ending: Ending): boolean {
  return (
    ending.kind === 'evaluation' ||
    ending.kind === 'untyped' ||
    (ending.kind === 'failure' && !ending.retryable)
  );
}

const create = `mutation ($input: CreateCustomerEvaluationInput!) {
  createCustomerEvaluation(input: $input) { customerEvaluation { id } errors { code retryable effect } }
}`;

/** One call. Some clients disconnect before a response is possible, and some wait less than an attempt may take. */
async function send(url: string, { caller, key }: Intent, mood: number): Promise<Ending> {
  const input = {
    eventType: 'LOGIN',
    evaluationContext: [
      { clientDetails: { radarSession: sessionOf({ caller, key }) } },
      { customerDetails: { customer: 'cus_1' } },
    ],
    idempotencyKey: key,
  };
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-router-secret': routerSecret,
        'x-caller-subject': caller,
        ...(mood < 0.1 ? { 'x-request-timeout-ms': '80' } : {}),
      },
      body: JSON.stringify({ query: create, variables: { input } }),
      ...(mood > 0.1 && mood < 0.15 ? { signal: AbortSignal.timeout(30) } : {}),
    });
    return endingOf(await response.text());
  } catch {
    return { kind: 'lost' };
  }
}

interface TypedError {
  readonly code: string;
  readonly retryable: boolean;
  readonly effect: 'NONE' | 'UNKNOWN';
}

function endingOf(text: string): Ending {
  try {
    const { data, errors } = JSON.parse(text) as {
      data?: {
        createCustomerEvaluation: { customerEvaluation: { id: string } | null; errors: TypedError[] } | null;
      };
      errors?: { extensions: TypedError }[];
    };
    const payload = data?.createCustomerEvaluation;
    if (payload?.customerEvaluation != null) return { kind: 'evaluation', id: payload.customerEvaluation.id };
    const { code, retryable, effect } = payload?.errors[0] ?? errors?.[0]?.extensions ?? {};
    if (code !== undefined && retryable !== undefined && effect !== undefined)
      return { kind: 'failure', code, retryable, effect };
  } catch {
    // Not JSON; returned below.
  }
  return { kind: 'untyped', text };
}

/**
 * Pseudorandom numbers in [0, 1), the same for the same seed. Source: Mulberry32, by Tommy Ettinger, in the public
 * domain.
 */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
