import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { type Fault, type FaultyUpstream, startFaultyUpstream, succeed } from '../harness/faulty-upstream.ts';
import { type GatewayProcess, spawnGateway, upstreamAt } from '../harness/gateway.ts';
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

  async function start(environment: Record<string, string> = {}): Promise<GatewayProcess> {
    const gateway = await spawnGateway({
      ...upstreamAt(upstream.url),
      RATE_LIMIT_PER_MINUTE: 'off',
      RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
      // Two hundred requests at once are more than a process that has just started serves in one turn.
      MAX_EVENT_LOOP_DELAY_MS: '10000',
      ...environment,
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
    const { data, errors } = (await response.json()) as {
      data?: { createCustomerEvaluation: { customerEvaluation: { id: string } | null; errors: object[] } };
      errors?: object[];
    };
    if (data === undefined) throw new Error(`status ${response.status}: ${JSON.stringify(errors)}`);
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
  ])(
    'a retry with the key at a new process finds one evaluation after the old one was killed %s',
    async (_when, faultWith) => {
      const first = await start();
      upstream.next(faultWith(() => first.child.kill('SIGKILL')));
      // The last fault may lose the race against the response. Either way there is one evaluation.
      await create(first, 'mine').catch(() => undefined);
      expect(await first.exited).toBe('SIGKILL');
      const second = await start();
      expect((await create(second, 'mine')).customerEvaluation?.id).toBe('ceval_1');
      expect(upstream.effects).toBe(1);
      expect(new Set(upstream.keys).size).toBe(1);
    },
  );

  it('a process answers the two hundred calls in flight before it exits on SIGTERM', async () => {
    // Limits that even a busy machine does not reach, because this test is not about them. The head of a request must
    // arrive within five seconds, so the calls are sent a few at a time.
    const limits = { UPSTREAM_TIMEOUT_MS: '40000', UPSTREAM_DEADLINE_MS: '40000' };
    const gateway = await start({ ...limits, MAX_EVENT_LOOP_DELAY_MS: '10000' });
    const held: (() => void)[] = [];
    upstream.always((victim) => held.push(() => succeed(victim)));
    const calls: ReturnType<typeof create>[] = [];
    const allCame = async (): Promise<void> => {
      while (new Set(upstream.keys).size < calls.length) await delay(5);
    };
    while (calls.length < 200) {
      const few = Array.from({ length: 20 }, (_, index) => create(gateway, `key ${calls.length + index}`));
      calls.push(...few);
      await Promise.race([allCame(), Promise.all(few)]);
    }
    gateway.child.kill('SIGTERM');
    await delay(500);
    for (const answer of held) answer();
    const payloads = await Promise.all(calls);
    expect(payloads.flatMap((payload) => payload.errors)).toEqual([]);
    expect(new Set(payloads.map((payload) => payload.customerEvaluation?.id)).size).toBe(200);
    expect(await gateway.exited).toBe(0);
    expect(upstream.effects).toBe(200);
    expect(upstream.keys).toHaveLength(200);
  });
});
