import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { freePort } from '../harness/free-port.ts';
import { postGraphQL, upstreamAt } from '../harness/gateway.ts';
import { canaries, personalInput } from '../harness/personal-input.ts';
import { scrape, sumOf } from '../harness/scrape.ts';

describe('a log that nobody reads', () => {
  let upstream: FaultyUpstream;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
  afterAll(() => upstream.close());

  /** A gateway with this as its standard output. */
  async function start(stdout: 'pipe' | number, command: string[] = [process.execPath, 'dist/main.js']) {
    const [port, metricsPort] = [await freePort(), await freePort()];
    const [program = '', ...rest] = command;
    const child = spawn(program, rest, {
      env: {
        PATH: process.env['PATH'],
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        LOG_LEVEL: 'debug',
        RATE_LIMIT_PER_MINUTE: 'off',
        RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
        // No load shedding: rejected requests are not logged.
        MAX_EVENT_LOOP_DELAY_MS: '10000',
        ...upstreamAt(upstream.url),
      },
      stdio: ['ignore', stdout, 'ignore'],
    });
    children.push(child);
    const url = `http://127.0.0.1:${port}`;
    const isUp = () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (child.exitCode === null && !(await isUp())) await delay(20);
    return { child, url, metrics: `http://127.0.0.1:${metricsPort}/metrics` };
  }

  const create = async (url: string): Promise<number> => {
    const { status, data } = await postGraphQL(url, createEverything, { input: registration() });
    expect(data.createCustomerEvaluation.errors).toEqual([]);
    return status;
  };
  const dropped = async (metrics: string): Promise<number> =>
    sumOf(await scrape(metrics), 'customer_evaluations_log_lines_dropped_total');

  it('a log whose reader is stuck blocks no request and no exit, and dropped lines are counted and logged', async () => {
    const { child, url, metrics } = await start('pipe');
    const { stdout } = child;
    if (stdout === null) throw new Error('no pipe');
    // Operation names of 80 characters fill the log until more is waiting than is kept.
    const query = `query ${'N'.repeat(80)} { ${'a: __typename '.repeat(15)} }`;
    while ((await dropped(metrics)) === 0) {
      await Promise.all(
        Array.from({ length: 400 }, () =>
          fetch(`${url}/graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-request-id': 'r'.repeat(128) },
            body: JSON.stringify({ query }),
          }).then((response) => response.text()),
        ),
      );
    }
    // Calls are answered while the reader stands still.
    expect(await create(url)).toBe(200);

    // The reader continues.
    const lines: string[] = [];
    createInterface({ input: stdout }).on('line', (line) => lines.push(line));
    await until(() => lines.length > 1_000);
    await delay(300);
    await create(url);
    // More than one line if a short one fitted between two that did not.
    const told = (): number =>
      lines
        .map((line) => JSON.parse(line))
        .filter(({ msg }) => msg === 'log lines were dropped')
        .reduce((sum, line) => sum + line.lines, 0);
    const all = await dropped(metrics);
    await until(() => told() >= all);
    expect(told()).toBe(all);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  }, 180_000);

  it('a log that nobody reads does not block the exit', async () => {
    const { child, url } = await start('pipe');
    for (let count = 0; count < 300; count += 1) await create(url);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('a log whose reader is closed blocks nothing', async () => {
    const { child, url, metrics } = await start('pipe');
    child.stdout?.destroy();
    for (let count = 0; count < 5; count += 1) expect(await create(url)).toBe(200);
    expect(await dropped(metrics)).toBeGreaterThan(0);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('a log on a full disk blocks nothing', async () => {
    const { child, url, metrics } = await start(openSync('/dev/full', 'w'));
    expect(await create(url)).toBe(200);
    expect(await dropped(metrics)).toBeGreaterThan(0);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('a log on a disk that fills up in the middle of a line has whole lines again once there is room', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'log-'));
    const file = path.join(folder, 'log');
    // A limit on the size of files, in KiB, acts like a full disk.
    const limited = 'ulimit -f 8; NODE_DISABLE_COMPILE_CACHE=1 exec "$0" dist/main.js';
    const { child, url, metrics } = await start(openSync(file, 'a'), [
      'bash',
      '-c',
      limited,
      process.execPath,
    ]);
    while ((await dropped(metrics)) === 0) await create(url);
    const [cutOff = ''] = readFileSync(file, 'utf8').split('\n').slice(-1);
    expect(cutOff).not.toBe('');
    writeFileSync(file, cutOff);
    await create(url);
    const [first, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(first).toBe(cutOff);
    const told = lines.map((line) => JSON.parse(line));
    expect(told[0]).toMatchObject({ msg: 'log lines were dropped', lines: await dropped(metrics) });
    expect(told.at(-1)).toMatchObject({ msg: 'operation' });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    rmSync(folder, { recursive: true });
  });
});

describe('the log’s level', () => {
  it('the log’s level is switched to debug by SIGUSR2, and back by another', async () => {
    const child = spawn(process.execPath, ['dist/main.js'], {
      env: { PATH: process.env['PATH'], PORT: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const lines: { msg: string; url: string; level: string; logLevel: string }[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
      await until(() => lines.some(({ msg }) => msg === 'listening'));
      const url = lines.find(({ msg }) => msg === 'listening')?.url ?? '';
      const create = () => postGraphQL(url, createEverything, { input: registration() });
      const debugLines = () => lines.filter(({ level }) => level === 'debug').length;
      await create();
      child.kill('SIGUSR2');
      await until(() => lines.at(-1)?.logLevel === 'debug');
      expect(debugLines()).toBe(0);
      await create();
      await until(() => lines.at(-1)?.msg === 'operation');
      expect(debugLines()).toBe(1);
      child.kill('SIGUSR2');
      await until(() => lines.at(-1)?.logLevel === 'info');
      await create();
      await until(() => lines.at(-1)?.msg === 'operation');
      expect(debugLines()).toBe(1);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});

describe('in a terminal', () => {
  it('in a terminal, lines are formatted for people, and have no personal data either', async () => {
    // util-linux's script(1) gives a program a terminal.
    const script = ['-qec', `PORT=0 LOG_LEVEL=trace exec ${process.execPath} dist/main.js`, '/dev/null'];
    const terminal = spawn('script', script, { stdio: ['ignore', 'pipe', 'ignore'] });
    let plain = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours
      plain += text.replace(/\x1b\[\d+m/g, '');
    });
    await until(() => /INFO: listening[\s\S]*http:\/\/[\d.]+:\d+/.test(plain));
    const [url = ''] = /http:\/\/[\d.]+:\d+/.exec(plain) ?? [];
    await postGraphQL(url, createEverything, { input: personalInput });
    await until(() => /INFO[^\n]*: operation/.test(plain));
    terminal.kill('SIGTERM');
    await once(terminal, 'exit');
    expect(plain).toMatch(/\[[\d:. +-]+\] INFO: listening/);
    expect(plain).not.toContain('{"level"');
    for (const canary of canaries) expect(plain).not.toContain(canary);
  });

  it('in a terminal, only pino-pretty is loaded, OpenTelemetry’s SDK only for a collector, and Prometheus’ client only for a port', async () => {
    const load = (environment: Record<string, string>): string[] => {
      const script = `
        import { registerHooks } from 'node:module';
        registerHooks({ load(url, context, next) { process._rawDebug(url); return next(url, context); } });
        await import('./dist/main.js');
        setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300);
      `;
      const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { PATH: process.env['PATH'], PORT: '0', ...environment },
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect(stderr).toMatch(/dist\/gateway-\w+\.js/);
      const optional = stderr.matchAll(/dist\/(open-telemetry|pino-pretty|metrics)-\w+\.js/g);
      return [...optional].map(([, name = '']) => name);
    };
    expect(load({})).toEqual([]);
    const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    expect(load(collector)).toEqual(['open-telemetry']);
    expect(load({ ...collector, OTEL_SDK_DISABLED: 'true' })).toEqual([]);
    expect(load({ ...collector, OTEL_TRACES_EXPORTER: 'none' })).toEqual([]);
    expect(load({ METRICS_PORT: '0' })).toEqual(['metrics']);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(20);
}
