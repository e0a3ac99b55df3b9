import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type FaultyUpstream, late, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import {
  type GatewayProcess,
  type GraphQLAnswer,
  postGraphQL,
  processorMs,
  spawnGateway,
  upstreamAt,
} from '../harness/gateway.ts';
import { openConnections } from '../harness/raw-client.ts';

const unlimited = { RATE_LIMIT_PER_MINUTE: 'off', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off' };

describe('a gateway that is short of something', () => {
  let upstream: FaultyUpstream;
  let gateway: GatewayProcess;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    gateway.child.kill('SIGKILL');
    await gateway.exited;
    await upstream.close();
  });

  const start = async (environment: Record<string, string> = {}, limits: { maxFiles?: number } = {}) => {
    gateway = await spawnGateway({ ...upstreamAt(upstream.url), ...unlimited, ...environment }, limits);
  };
  const create = (input: object = registration(), headers: Record<string, string> = {}) =>
    postGraphQL(gateway.url, createEverything, { input }, headers);
  /** The code that a call ended with. */
  const codeOf = ({ data, errors }: Pick<GraphQLAnswer, 'data' | 'errors'>): string =>
    errors?.[0]?.extensions['code'] ?? data.createCustomerEvaluation.errors[0]?.code ?? 'ok';

  function connectTo(url: string): Socket {
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }
  /** The CPU time of two hundred sequential calls. */
  async function workOfCalls(): Promise<number> {
    const before = processorMs(gateway);
    for (let count = 0; count < 200; count += 1) expect(codeOf(await create())).toBe('ok');
    return processorMs(gateway) - before;
  }
  /** Waits until the gateway has processed everything that was sent. */
  async function untilIdle(): Promise<void> {
    for (let before = -1; before < processorMs(gateway) - 20; ) {
      before = processorMs(gateway);
      await delay(500);
    }
  }
  function residentMegabytes(): number {
    const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  it('a gateway with a heap of 256 MB survives a burst of the largest requests', async () => {
    // Long time limits, since other tests check those: a slow machine needs seconds for this burst.
    await start({
      NODE_OPTIONS: '--max-old-space-size=256',
      MAX_EVENT_LOOP_DELAY_MS: '10000',
      UPSTREAM_TIMEOUT_MS: '200000',
      UPSTREAM_DEADLINE_MS: '250000',
      REQUEST_TIMEOUT_MS: '250000',
    });
    // The latency is so long that all bodies are in memory at once, however slowly they are admitted.
    upstream.always(late(5_000));
    // The largest body, which becomes the largest form: twelve bytes for a character of two.
    const text = '😀'.repeat(5_000);
    const largest = registration({
      evaluationContext: [
        { customerDetails: { customerData: { email: text, name: text, phone: text } } },
        { clientDetails: { radarSession: 'rse_1' } },
      ],
    });
    const codes = await Promise.all(
      Array.from({ length: 1_200 }, () => create(largest).then(codeOf, (error: Error) => error.message)),
    );
    expect(new Set(codes)).toEqual(new Set(['ok', 'OVERLOADED']));
    expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(100);
    upstream.always();
    await delay(1_100);
    expect(codeOf(await create())).toBe('ok');
    expect(gateway.child.exitCode).toBeNull();
  });

  it('a gateway without file descriptors neither dies nor spins, promises that nothing happened, and recovers', async () => {
    await start({}, { maxFiles: 96 });
    // A connection that is already open still works.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const callOnOpenConnection = () =>
      new Promise<Pick<GraphQLAnswer, 'data' | 'errors'>>((resolve, reject) => {
        const headers = { 'content-type': 'application/json' };
        const call = httpRequest(
          `${gateway.url}/graphql`,
          { method: 'POST', headers, agent },
          async (answer) => {
            let body = '';
            for await (const chunk of answer) body += chunk;
            resolve(JSON.parse(body));
          },
        );
        call.on('error', reject);
        call.end(JSON.stringify({ query: createEverything, variables: { input: registration() } }));
      });
    const health = () =>
      new Promise<number | undefined>((resolve, reject) => {
        httpRequest(`${gateway.url}/healthz`, { agent }, (answer) => {
          answer.resume();
          answer.on('end', () => resolve(answer.statusCode));
        })
          .on('error', reject)
          .end();
      });
    expect(await health()).toBe(200);
    for (let count = 0; count < 150; count += 1) connectTo(gateway.url);
    await delay(300);
    const before = processorMs(gateway);
    await delay(1_000);
    expect(processorMs(gateway) - before).toBeLessThan(300);

    // No file descriptor is left for a connection to Stripe.
    const { data, errors } = await callOnOpenConnection();
    const told = errors?.[0]?.extensions ?? data.createCustomerEvaluation.errors[0];
    expect(told).toMatchObject({
      code: expect.stringMatching(/^(OVERLOADED|UPSTREAM_UNAVAILABLE)$/),
      effect: 'NONE',
      retryable: true,
    });
    expect(upstream.keys).toEqual([]);

    for (const socket of sockets.splice(0)) socket.destroy();
    await delay(1_200);
    expect(codeOf(await create())).toBe('ok');
    expect(upstream.effects).toBe(1);
    agent.destroy();
  });

  it('a gateway that is paused for two seconds loses no call, and sheds none afterwards', async () => {
    await start();
    upstream.always(late(100));
    const before = Array.from({ length: 50 }, () => create().then(codeOf));
    await delay(50);
    gateway.child.kill('SIGSTOP');
    const during = Array.from({ length: 50 }, () => create().then(codeOf));
    await delay(2_000);
    gateway.child.kill('SIGCONT');
    const codes = await Promise.all([...before, ...during]);
    expect(codes.filter((code) => code !== 'ok' && code !== 'OVERLOADED')).toEqual([]);
    // Later requests are not shed because of the pause.
    expect(codeOf(await create())).toBe('ok');
    expect(upstream.effects).toBe(codes.filter((code) => code === 'ok').length + 1);
  });

  it('a gateway serves other clients beside five thousand connections that are idle, slow, or never read', async () => {
    // Waiting time depends on the machine; CPU time does not.
    await start({ MAX_EVENT_LOOP_DELAY_MS: '10000', KEEP_ALIVE_MS: '600000' });
    await workOfCalls();
    const alone = await workOfCalls();
    const health = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    for (let count = 0; count < 5_000; count += 1) {
      const socket = connectTo(gateway.url);
      // Kept alive after a response; without one it would be closed after five seconds.
      if (count % 3 === 0) socket.write(health);
      if (count % 3 === 1) socket.write('POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      // A quarter of a megabyte of responses that are never read.
      if (count % 50 === 2) socket.pause().write(health.repeat(1_000));
      if (count % 250 === 249) await delay(10);
    }
    while (openConnections(gateway) < 1_700) await delay(100);
    await untilIdle();
    // The smallest of three, because timeouts of the slow connections cost CPU in between.
    const beside = Math.min(await workOfCalls(), await workOfCalls(), await workOfCalls());
    expect(beside).toBeLessThan(2 * alone + 200);
    expect(openConnections(gateway)).toBeGreaterThan(1_600);
    expect(residentMegabytes()).toBeLessThan(500);
  });
});
