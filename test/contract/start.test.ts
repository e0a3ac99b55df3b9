import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';

const run = promisify(execFile);
const started: ChildProcess[] = [];

interface Started {
  readonly process: ChildProcess;
  /** What it told a person so far. */
  readonly told: () => string;
  readonly exited: Promise<number | null>;
}

function start(environment: Record<string, string>, ...args: string[]): Started {
  const child = spawn(process.execPath, ['dist/main.js', ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  child.stdout.resume();
  return { process: child, told: () => text, exited: once(child, 'close').then(([code]) => code) };
}

/** Waits for what a process tells; fails where it ends before. */
async function toldBy({ told, exited, process: { stderr } }: Started, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = pattern.exec(told());
    if (found !== null) return found[1] ?? found[0];
    const ended = await Promise.race([
      once(stderr as NodeJS.ReadableStream, 'data').then(() => false),
      exited.then(() => true),
    ]);
    if (ended) throw new Error(`the process ended and told only: ${told()}`);
  }
}

describe('the process', () => {
  beforeAll(async () => {
    await run('npm', ['run', '--silent', 'build']);
  }, 60_000);
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  it('starts with no settings at all, and prints a curl that works', async () => {
    const gateway = start({ PORT: '0' });
    expect(await toldBy(gateway, /The gateway: (\S+)/)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/);
    const curl = await toldBy(gateway, /^(curl .*)$/m);

    const { stdout } = await run('sh', ['-c', curl]);
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
  });

  it('ends with 0 when it is asked to', async () => {
    const gateway = start({ PORT: '0' });
    await toldBy(gateway, /^curl/m);
    gateway.process.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  it('refuses bad settings with 1, naming each of them and no secret', async () => {
    const gateway = start({ PORT: 'http', LOG_LEVEL: 'loud', STRIPE_SECRET_KEY: 'canary' });
    expect(await gateway.exited).toBe(1);
    for (const name of ['PORT', 'LOG_LEVEL', 'STRIPE_SECRET_KEY'])
      expect(gateway.told()).toContain(`  ${name}: `);
    expect(gateway.told()).not.toContain('canary');
    expect(gateway.told()).not.toContain('    at ');
  });

  it.each([
    { what: 'gateway', args: [] },
    { what: 'sandbox', args: ['sandbox'] },
  ])('refuses a taken port with 1, naming it and what to do ($what)', async ({ args }) => {
    const taken = await startRecordingUpstream();
    const { port } = new URL(taken.url);
    const gateway = start({ PORT: port }, ...args);
    expect(await gateway.exited).toBe(1);
    expect(gateway.told()).toContain(`Port ${port} is taken: set PORT to another`);
    expect(gateway.told()).not.toContain('    at ');
    await taken.close();
  });

  it('serves the sandbox alone, and tells how to point a gateway at it', async () => {
    const sandbox = start({ PORT: '0' }, 'sandbox');
    const settings = await toldBy(sandbox, /STRIPE_API_URL=\S+ STRIPE_SECRET_KEY=\S+/);
    const gateway = start({
      PORT: '0',
      ...Object.fromEntries(settings.split(' ').map((pair) => pair.split('='))),
    });
    const url = await toldBy(gateway, /The gateway: (\S+),/);

    const query =
      'mutation { createCustomerEvaluation(input: { eventType: LOGIN, evaluationContext: [{ customerDetails: { customer: "cus_sandbox_highest" } }] }) { customerEvaluation { signals { ... on LoginSignals { accountSharing { riskLevel } } } } } }';
    const response = await fetch(url, {
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
});
