import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { type Fault, type FaultyUpstream, late, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { upstreamAt } from '../harness/gateway.ts';
import { type GatewayProcess, spawnGateway } from '../harness/gateway-process.ts';
import { personalInput } from '../harness/personal-input.ts';

describe('when the process ends', () => {
  let upstream: FaultyUpstream;
  const processes: GatewayProcess[] = [];

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    for (const gateway of processes.splice(0)) {
      gateway.child.kill('SIGKILL');
      await gateway.exited;
    }
    await upstream.close();
  });

  async function start(): Promise<GatewayProcess> {
    const gateway = await spawnGateway({
      ...upstreamAt(upstream.url),
      RATE_LIMIT_PER_MINUTE: 'off',
      RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
      // Two hundred at once at a process that has just started are more than it takes in one turn.
      MAX_EVENT_LOOP_DELAY_MS: '10000',
    });
    processes.push(gateway);
    return gateway;
  }

  async function create(gateway: GatewayProcess, idempotencyKey: string) {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: createEverything,
        variables: { input: { ...personalInput, idempotencyKey } },
      }),
    });
    const { data } = (await response.json()) as {
      data: { createCustomerEvaluation: { customerEvaluation: { id: string } | null; errors: object[] } };
    };
    return data.createCustomerEvaluation;
  }

  const json = { 'content-type': 'application/json' };

  it.each<[string, (kill: () => void) => Fault]>([
    ['when the request’s bytes are out', (kill) => () => kill()],
    [
      'after the work, before the answer',
      (kill) =>
        ({ takeEffect }) => {
          takeEffect();
          kill();
        },
    ],
    [
      'after the answer’s headers',
      (kill) =>
        ({ response, takeEffect }) => {
          response.writeHead(200, { ...json, 'content-length': takeEffect().length }).flushHeaders();
          kill();
        },
    ],
    [
      'between the upstream’s answer and ours',
      (kill) =>
        ({ response, takeEffect }) => {
          response.writeHead(200, json).end(takeEffect());
          kill();
        },
    ],
  ])('a repeat with the key at a new one finds one evaluation: killed %s', async (_when, faultWith) => {
    const first = await start();
    upstream.next(faultWith(() => first.child.kill('SIGKILL')));
    // The last fault may lose the race against the answer: either way there is one evaluation.
    await create(first, 'mine').catch(() => undefined);
    expect(await first.exited).toBe('SIGKILL');
    const second = await start();
    expect((await create(second, 'mine')).customerEvaluation?.id).toBe('ceval_1');
    expect(upstream.effects).toBe(1);
    expect(new Set(upstream.keys).size).toBe(1);
  });

  it('answers the two hundred calls in flight before it exits on SIGTERM', async () => {
    const gateway = await start();
    upstream.always(late(600));
    const calls = Promise.all(Array.from({ length: 200 }, (_, index) => create(gateway, `key ${index}`)));
    while (upstream.keys.length < 200) await delay(10);
    const start200 = performance.now();
    gateway.child.kill('SIGTERM');
    const payloads = await calls;
    expect(payloads.flatMap((payload) => payload.errors)).toEqual([]);
    expect(new Set(payloads.map((payload) => payload.customerEvaluation?.id)).size).toBe(200);
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - start200).toBeLessThan(14_000);
    expect(upstream.effects).toBe(200);
  }, 30_000);
});
