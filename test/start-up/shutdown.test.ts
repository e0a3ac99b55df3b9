import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream, succeed } from '../harness/faulty-upstream.ts';
import { freePort } from '../harness/free-port.ts';
import { startTestGateway, upstreamAt } from '../harness/gateway.ts';

/** Starts a call that the upstream holds until it is released. */
async function holdCall(upstream: FaultyUpstream, send: () => Promise<unknown>) {
  let letGo: () => void = () => undefined;
  upstream.next((victim) => {
    letGo = () => succeed(victim);
  });
  const call = send();
  while (upstream.keys.length === 0) await delay(5);
  return { call, letGo };
}

describe('a process that serves', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    'a process that serves answers what is in flight on %s, logs the drain with its counts, and exits 0',
    async (signal) => {
      const upstream = await startFaultyUpstream();
      const gateway = await startTestGateway(upstreamAt(upstream.url));
      const { call, letGo } = await holdCall(upstream, () =>
        gateway.send(createEverything, { input: registration() }),
      );
      gateway.child.kill(signal);
      expect(JSON.parse(await gateway.logged(/"msg":"draining"/))).toMatchObject({ signal, inFlight: 1 });
      letGo();
      expect(await call).toMatchObject({ status: 200, data: { createCustomerEvaluation: { errors: [] } } });
      expect(await gateway.exited).toBe(0);
      const [last = ''] = gateway.log.slice(-1);
      expect(JSON.parse(last)).toMatchObject({
        level: 'info',
        msg: 'drained',
        durationMs: expect.any(Number),
      });
      await upstream.close();
    },
  );

  it.each([
    ['the gateway', []],
    ['the sandbox', ['sandbox']],
  ])('a process that serves goes on when its standard error is not read: %s', async (_, parameters) => {
    // The reader is closed before the first line is written.
    const port = await freePort();
    const child = spawn(
      'bash',
      ['-c', '"$0" "$@" 2> >(exec true)', process.execPath, 'dist/main.js', ...parameters],
      { env: { PATH: process.env['PATH'], PORT: String(port) }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    child.stdout?.resume();
    let status = 0;
    for (let tries = 0; status === 0 && tries < 4_000; tries += 1) {
      status = await fetch(`http://127.0.0.1:${port}/healthz`).then(
        (response) => response.status,
        () => delay(25).then(() => 0),
      );
    }
    expect(status).toBeGreaterThan(0);
    expect(child.exitCode).toBeNull();
    spawn('pkill', ['-TERM', '-P', String(child.pid)]);
    await once(child, 'exit');
  });
});
