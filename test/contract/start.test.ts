import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { settings } from '../../src/config/settings.ts';
import { defaultVersion } from '../../src/stripe/versions.ts';
import { startIssuer } from '../harness/issuer.ts';
import { reasonWithout } from '../harness/missing-program.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';
import { itUnless } from '../harness/run-unless.ts';

const run = promisify(execFile);
const started: ChildProcess[] = [];

interface Started {
  readonly process: ChildProcess;
  /** Everything it has written so far to stdout and stderr. */
  readonly told: () => string;
  readonly exited: Promise<number | null>;
}

// Loading the server fails. If the process still runs, it has not loaded it.
const servingNothing = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(name, context, next) {
      if (/gateway-\\w+\\.js$/.test(name)) throw new Error('loaded ' + name);
      return next(name, context);
    },
  });`)}`;

/** The output of a process until it exits. */
async function printedBy(args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, args as string[], {
    env: { PATH: process.env['PATH'], ...environment },
  });
  return stdout;
}

function start(environment: Record<string, string>, ...args: string[]): Started {
  return spawned(process.execPath, ['dist/main.js', ...args], environment);
}

/** With stderr on a terminal, which util-linux's script(1) provides, and its log discarded. */
function startInTerminal(environment: Record<string, string>): Started {
  const command = `exec ${process.execPath} dist/main.js > /dev/null`;
  return spawned('script', ['-qec', command, '/dev/null'], environment);
}

function spawned(program: string, args: readonly string[], environment: Record<string, string>): Started {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk.replaceAll('\r', '');
    });
  }
  return { process: child, told: () => text, exited: once(child, 'close').then(([code]) => code) };
}

/** Waits for a line of output; rejects if the process exits first. */
async function toldBy({ told, exited, process: child }: Started, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = pattern.exec(told());
    if (found !== null) return found[1] ?? found[0];
    const next = [child.stdout, child.stderr].map((stream) => once(stream as NodeJS.ReadableStream, 'data'));
    const ended = await Promise.race([
      ...next.map((data) => data.then(() => false)),
      exited.then(() => true),
    ]);
    if (ended) throw new Error(`the process ended and told only: ${told()}`);
  }
}

/** The log line with this message. */
async function logged(gateway: Started, message: string): Promise<Record<string, unknown>> {
  return JSON.parse(await toldBy(gateway, new RegExp(`^(\\{.*"msg":"${message}".*\\})$`, 'm')));
}

const noTerminal = reasonWithout('script', spawnSync('script', ['--version']).status === 0, 'bsdutils');

describe('the process', () => {
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  const answersCurl = async (curl: string, environment: Record<string, string> = {}): Promise<void> => {
    const { stdout } = await run('sh', ['-c', curl], { env: { PATH: process.env['PATH'], ...environment } });
    expect(JSON.parse(stdout)).toEqual({
      data: {
        createCustomerEvaluation: {
          customerEvaluation: {
            id: expect.stringMatching(/^ceval_/),
            signals: { multiAccounting: { score: expect.any(Number), riskLevel: expect.any(String) } },
          },
          errors: [],
        },
      },
    });
  };

  itUnless(
    noTerminal,
    'the process starts without settings, and prints a working curl in a terminal',
    async () => {
      const gateway = startInTerminal({ PORT: '0' });
      expect(await toldBy(gateway, /The gateway: (\S+)/)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/);
      await answersCurl(await toldBy(gateway, /^(curl .*)$/m));
    },
  );

  it('the process logs its configuration as one line of JSON without a terminal, and writes nothing else', async () => {
    const gateway = start({ PORT: '0', METRICS_PORT: '0' });
    await logged(gateway, 'listening');
    const configuration = await logged(gateway, 'configuration');
    expect(configuration).toMatchObject({
      level: 'info',
      nodeEnv: null,
      upstream: 'sandbox',
      mode: 'sandbox',
      apiVersion: defaultVersion,
      authMode: 'none',
      rateLimitPerMinute: 120,
      rateLimitStore: 'memory',
      trustedDocuments: 'off',
      metricsPort: 0,
      tracesTo: 'off',
    });
    await answersCurl(String(configuration['tryIt']));
    const lines = gateway.told().trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  const router = { AUTH_MODE: 'router', ROUTER_SECRET: 'r'.repeat(32) };
  it.each([router, { ...router, STRIPE_ACCOUNTS: 'callers' }])(
    'the process logs a curl that works with the router’s secret in the shell: %j',
    async (environment) => {
      const gateway = start({ PORT: '0', ...environment });
      const { tryIt } = await logged(gateway, 'configuration');
      await answersCurl(String(tryIt), { ROUTER_SECRET: environment.ROUTER_SECRET });
    },
  );

  it('the process logs a curl that works with a token in the shell', async () => {
    const issuer = await startIssuer();
    const gateway = start({ PORT: '0', ...issuer.environment() });
    const { tryIt } = await logged(gateway, 'configuration');
    await answersCurl(String(tryIt), { TOKEN: await issuer.token() });
    await issuer.close();
  });

  itUnless(noTerminal, 'the process says in a terminal what its curl takes from the shell', async () => {
    const gateway = startInTerminal({ PORT: '0', ...router });
    await toldBy(gateway, /^curl .*\$ROUTER_SECRET/m);
    expect(gateway.told()).toContain('or here, with the router’s secret in ROUTER_SECRET:\n');
  });

  it('the process logs no secret of its configuration, and no command to try in front of Stripe', async () => {
    const gateway = start({
      PORT: '0',
      NODE_ENV: 'production',
      STRIPE_SECRET_KEY: 'rk_live_canary',
      STRIPE_ACCOUNT: 'acct_1',
      AUTH_MODE: 'router',
      ROUTER_SECRET: 'canary-canary-canary-canary-canary',
      REDIS_URL: 'redis://canary:canary@127.0.0.1:1',
      PSEUDONYM_KEY: 'canary-canary-canary-canary-canary',
      HTTPS_PROXY: 'http://canary:canary@proxy.example:3128',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary',
    });
    const configuration = await logged(gateway, 'configuration');
    expect(configuration).toMatchObject({
      nodeEnv: 'production',
      upstream: 'stripe',
      mode: 'live',
      account: 'acct_1',
      proxy: 'http://proxy.example:3128',
      authMode: 'router',
      rateLimitPerAddressPerMinute: 'off',
      rateLimitStore: 'redis',
      tracesTo: 'http://127.0.0.1:1/v1/traces',
      introspection: false,
    });
    expect(configuration).not.toHaveProperty('tryIt');
    expect(gateway.told()).not.toContain('canary');
  });

  it('the process warns at a start of variables that were probably meant as settings', async () => {
    const gateway = start({
      PORT: '0',
      UPSTREAM_TIMEOUT: '1000',
      METRIC_PORT: '9464',
      HOME: '/',
      REDIS_PORT: 'x',
    });
    expect(await logged(gateway, 'unrecognized settings, check the spelling')).toMatchObject({
      level: 'warn',
      settings: ['METRIC_PORT', 'UPSTREAM_TIMEOUT'],
    });
  });

  it('the process leaves its compile cache beside the code for the next start', async () => {
    // Other tests may write into it meanwhile.
    await rm('dist/compiled', { recursive: true, force: true, maxRetries: 10 });
    await logged(start({ PORT: '0' }), 'listening');
    const [version] = readdirSync('dist/compiled');
    // It is written after the line, by a process that keeps running.
    while (readdirSync(`dist/compiled/${version}`).length <= 5) await setTimeout(20);
  });

  it('the process hashes with Node’s own crypto, and not in JavaScript', () => {
    const code = readdirSync('dist').filter((file) => file.endsWith('.js'));
    // The first constant of SHA-256 (FIPS 180-4, 4.2.2), in any notation.
    const own = code.filter((file) => /1116352408|0x428a2f98/i.test(readFileSync(`dist/${file}`, 'utf8')));
    expect(code.length).toBeGreaterThan(10);
    expect(own).toEqual([]);
  });

  itUnless(noTerminal, 'the process prints a summary of its configuration in a terminal', async () => {
    const gateway = startInTerminal({ PORT: '0', TRUSTED_DOCUMENTS: 'only', RATE_LIMIT_PER_MINUTE: 'off' });
    await toldBy(gateway, /^curl/m);
    const told = gateway.told();
    expect(told).toMatch(/^ {2}environment +development \(NODE_ENV is not set\)$/m);
    expect(told).toMatch(/^ {2}upstream +the built-in sandbox: scores are made up, nothing is billed$/m);
    expect(told).toMatch(/^ {2}callers +anyone who can reach the port \(AUTH_MODE=none\)$/m);
    expect(told).toMatch(/^ {2}rate limits +none for a caller, 600 for an address; counted by this process/m);
    expect(told).toMatch(/^ {2}trusted documents +only the shipped operations are run$/m);
    expect(told).toMatch(/^ {2}metrics +none \(METRICS_PORT is not set\)$/m);
    expect(told).toMatch(/^ {2}traces +none \(OTEL_EXPORTER_OTLP_ENDPOINT is not set/m);
    const [, explorer = '', playground = ''] =
      /^ {2}pages +the explorer at (\S+), the playground at (\S+)$/m.exec(told) ?? [];
    for (const url of [explorer, playground]) {
      const page = await fetch(url);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    }
    expect(told).toContain(`Try it at ${playground}, or here:`);
  });

  it('the process ends with 0 when it is asked to', async () => {
    const gateway = start({ PORT: '0' });
    await logged(gateway, 'listening');
    gateway.process.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  it('the process refuses bad settings with 1, naming each of them and no secret', async () => {
    const gateway = start({ PORT: 'http', LOG_LEVEL: 'loud', STRIPE_SECRET_KEY: 'canary' });
    expect(await gateway.exited).toBe(1);
    for (const name of ['PORT', 'LOG_LEVEL', 'STRIPE_SECRET_KEY'])
      expect(gateway.told()).toContain(`  ${name}: `);
    expect(gateway.told()).toContain('docs/reference/settings.md');
    expect(gateway.told()).not.toContain('canary');
    expect(gateway.told()).not.toContain('    at ');
  });

  it('the process refuses an unknown argument with 1, and says where settings come from', async () => {
    const gateway = start({}, '--port', '4001');
    expect(await gateway.exited).toBe(1);
    expect(gateway.told()).toBe(
      'Unknown argument "--port". Settings are environment variables, such as ' +
        'PORT=4001 node dist/main.js; --help lists them.\n',
    );
  });

  it.each(['constructor', 'toString', '__proto__'])(
    'the process refuses the argument %s like any other unknown one',
    async (argument) => {
      const gateway = start({}, argument);
      expect(await gateway.exited).toBe(1);
      expect(gateway.told()).toContain(`Unknown argument "${argument}".`);
    },
  );

  it.each([
    { what: 'gateway', args: [] },
    { what: 'sandbox', args: ['sandbox'] },
  ])('the process refuses a taken port with 1, naming it and what to do ($what)', async ({ args }) => {
    const taken = await startRecordingUpstream();
    const { port } = new URL(taken.url);
    // The test ends before such a delay would.
    const gateway = start({ PORT: port, DRAIN_DELAY_MS: '600000' }, ...args);
    expect(await gateway.exited).toBe(1);
    expect(gateway.told()).toContain(`Port ${port} is in use: set PORT to another port`);
    expect(gateway.told()).not.toContain('    at ');
    await taken.close();
  });

  it('the process refuses a taken metrics port with 1, naming its setting', async () => {
    const taken = await startRecordingUpstream();
    const { port } = new URL(taken.url);
    const gateway = start({ PORT: '0', METRICS_PORT: port });
    expect(await gateway.exited).toBe(1);
    expect(gateway.told()).toBe(
      `Port ${port} is in use: set METRICS_PORT to another port (0 picks a free one), or stop the process that listens on it.\n`,
    );
    await taken.close();
  });

  it('the process serves only the sandbox, and says how to point a gateway at it', async () => {
    const sandbox = start({ PORT: '0' }, 'sandbox');
    const settings = await toldBy(sandbox, /STRIPE_API_URL=\S+ STRIPE_SECRET_KEY=\S+/);
    const gateway = start({
      PORT: '0',
      ...Object.fromEntries(settings.split(' ').map((pair) => pair.split('='))),
    });
    const { url } = await logged(gateway, 'listening');

    const query =
      'mutation { createCustomerEvaluation(input: { eventType: LOGIN, evaluationContext: [{ customerDetails: { customer: "cus_sandbox_highest" } }] }) { customerEvaluation { signals { ... on LoginSignals { accountSharing { riskLevel } } } } } }';
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await response.json()).toMatchObject({
      data: {
        createCustomerEvaluation: {
          customerEvaluation: { signals: { accountSharing: { riskLevel: 'HIGHEST' } } },
        },
      },
    });
  });

  it('the process logs a bug with its source locations', async () => {
    const bug = `data:text/javascript,${encodeURIComponent(`
      const on = process.on;
      process.on = (name, listener) => {
        if (name === 'SIGUSR2') throw new Error('a bug');
        return on.call(process, name, listener);
      };`)}`;
    const failed = printedBy(['--import', bug, 'dist/main.js'], { PORT: '0' });
    await expect(failed).rejects.toThrow(/at serveGateway \(src\/main\.ts:\d+:\d+\)/);
  });

  it('the process prints its version and its help without loading the server', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await printedBy(['--import', servingNothing, 'dist/main.js', '--version'])).toBe(`${version}\n`);

    const help = await printedBy(['--import', servingNothing, 'dist/main.js', '--help']);
    expect(help).toContain('node dist/main.js --check-config');
    for (const name of Object.keys(settings.shape)) expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
    // The check would notice if the server were loaded.
    await expect(printedBy(['--import', servingNothing, 'dist/main.js'])).rejects.toThrow(/loaded /);
  });

  it('the process checks the settings without serving, and prints their effective values without secrets', async () => {
    const printed = await printedBy(['dist/main.js', '--check-config'], {
      NODE_ENV: 'production',
      STRIPE_SECRET_KEY: 'rk_live_canary',
      AUTH_MODE: 'router',
      ROUTER_SECRET: 'canary-canary-canary-canary-canary',
      REDIS_URL: 'redis://canary:canary@redis.example:6379',
      PSEUDONYM_KEY: 'canary-canary-canary-canary-canary',
      PORT: '8080',
      METRICS_PORT: '9464',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary',
      UPSTREAM_TIMEOUT: '1000',
    });
    expect(printed).not.toContain('canary');
    for (const name of Object.keys(settings.shape))
      expect(printed).toMatch(new RegExp(`^[* ] ${name} `, 'm'));
    expect(printed).toMatch(/^\* PORT +8080$/m);
    expect(printed).toMatch(/^\* STRIPE_SECRET_KEY +rk_live_… \(not shown\)$/m);
    // Values that follow from other settings.
    expect(printed).toMatch(/^ {2}UPSTREAM +stripe$/m);
    expect(printed).toMatch(/^ {2}INTROSPECTION +off$/m);
    expect(printed).toMatch(/^ {2}callers +named by the router, which authenticates with ROUTER_SECRET/m);
    expect(printed).toMatch(/^ {2}metrics +at \/metrics of 127\.0\.0\.1, port 9464$/m);
    expect(printed).toMatch(
      /^ {2}traces +to http:\/\/collector\.example:4318\/v1\/traces, as \S+, parentbased/m,
    );
    expect(printed).toContain('\nWarning: unrecognized settings, check the spelling: UPSTREAM_TIMEOUT\n');
    expect(printed).not.toContain('restricted key\n');
  });

  it.each([
    { key: 'sk_live_canary', warned: true },
    { key: 'rk_live_canary', warned: false },
    { key: 'sk_test_canary', warned: false },
  ])('the process warns about a live key that can do everything: $key, $warned', async ({ key, warned }) => {
    const warning = 'STRIPE_SECRET_KEY can do everything in its account: use a restricted key';
    const environment = { STRIPE_SECRET_KEY: key };
    const printed = await printedBy(['dist/main.js', '--check-config'], environment);
    expect(printed.includes(`Warning: ${warning}\n`)).toBe(warned);
    const gateway = start({ PORT: '0', ...environment });
    await logged(gateway, 'listening');
    expect(gateway.told().includes(`"msg":"${warning}"`)).toBe(warned);
    expect(printed + gateway.told()).not.toContain('canary');
  });

  it('the process prints a secret’s file, and not the secret', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'secrets-'));
    const file = path.join(folder, 'key');
    writeFileSync(file, 'sk_test_canary\n');
    const printed = await printedBy(['dist/main.js', '--check-config'], { STRIPE_SECRET_KEY_FILE: file });
    rmSync(folder, { recursive: true });
    expect(printed).not.toContain('canary');
    expect(printed).toMatch(/^ {2}STRIPE_SECRET_KEY +in \S+\/key \(not shown\)$/m);
    expect(printed).toMatch(/^ {2}upstream +https:\/\/api\.stripe\.com, test mode/m);
  });

  it.each([
    { what: 'a value', environment: { PORT: 'http' } },
    { what: 'a file', environment: { TRUSTED_DOCUMENTS: 'only', TRUSTED_DOCUMENTS_PATH: 'no/such/file' } },
  ])(
    'the process reports the same problem with --check-config as at a start: $what',
    async ({ environment }) => {
      const [atStart, checked] = [start(environment), start(environment, '--check-config')];
      expect(await atStart.exited).toBe(1);
      expect(await checked.exited).toBe(1);
      expect(checked.told()).toBe(atStart.told());
      expect(checked.told()).toMatch(/^ {2}(PORT|TRUSTED_DOCUMENTS_PATH): /m);
    },
  );
});
