import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { startHiveGateway } from '../federation/supergraph.ts';
import { type FaultyUpstream, hang, late, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { freePort } from '../harness/free-port.ts';
import { type GatewayProcess, postGraphQL, spawnGateway, upstreamAt } from '../harness/gateway.ts';
import type { RunningServer } from '../harness/neighbours.ts';
import { type Balancer, missingNginx, startNginx } from '../harness/nginx.ts';
import { missingRedis, type RedisServer, startRedis } from '../harness/redis.ts';
import { describeUnless } from '../harness/run-unless.ts';

const create = `mutation ($input: CreateCustomerEvaluationInput!) {
  createCustomerEvaluation(input: $input) {
    customerEvaluation { id signals { __typename } }
    errors { code retryable effect retryAfterMs }
    idempotencyKey
  }
}`;

/** How a call went until its client had a final response. */
interface Call {
  /** The evaluation's id; undefined if the call ended without one. */
  readonly id: string | undefined;
  /** The codes of all responses before the last, in order. */
  readonly codes: readonly string[];
  /** Responses that the contract does not have. */
  readonly untyped: readonly string[];
}

// The errors that a client may retry by the contract.
const repeatable = new Set([
  'OVERLOADED',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_RATE_LIMITED',
  'RATE_LIMITED',
]);

describeUnless(missingNginx() ?? missingRedis(), 'three replicas behind nginx', () => {
  let upstream: FaultyUpstream;
  let redis: RedisServer;
  let nginx: Balancer;
  let router: RunningServer;
  let ports: number[];
  const replicas: GatewayProcess[] = [];

  const startReplica = (port: number): Promise<GatewayProcess> =>
    spawnGateway({
      ...upstreamAt(upstream.url, {
        PORT: String(port),
        REDIS_URL: redis.url,
        RATE_LIMIT_PER_MINUTE: '100000',
        RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
        DRAIN_DELAY_MS: '300',
      }),
    });
  async function restart(index: number): Promise<void> {
    replicas[index] = await startReplica(ports[index] ?? 0);
  }

  beforeAll(async () => {
    [upstream, redis] = await Promise.all([startFaultyUpstream(), startRedis()]);
    ports = [await freePort(), await freePort(), await freePort()];
    replicas.push(...(await Promise.all(ports.map(startReplica))));
    nginx = await startNginx(ports);
    router = await startHiveGateway([
      {
        name: 'customer-evaluations',
        url: `${nginx.url}/graphql`,
        typeDefs: parse(readFileSync('schema/customer-evaluations.graphql', 'utf8')),
      },
    ]);
  });
  afterAll(async () => {
    await router.close();
    await nginx.close();
    for (const { child, exited } of replicas) {
      child.kill('SIGKILL');
      await exited;
    }
    await redis.kill();
    await upstream.close();
  });

  const send = (idempotencyKey: string, to = router.url) =>
    postGraphQL(to, create, {
      input: {
        eventType: 'LOGIN',
        evaluationContext: [{ clientDetails: { radarSession: `rse_${idempotencyKey}` } }],
        idempotencyKey,
      },
    });

  /** Retries like a client, with the same key, until a response is final. */
  async function call(key: string): Promise<Call> {
    const codes: string[] = [];
    const untyped: string[] = [];
    while (codes.length < 60) {
      const { data, errors, text } = await send(key);
      const payload = data?.createCustomerEvaluation;
      if (payload?.customerEvaluation != null) return { id: payload.customerEvaluation.id, codes, untyped };
      const code = payload?.errors?.[0]?.code ?? errors?.[0]?.extensions?.['code'];
      codes.push(String(code));
      if (!repeatable.has(String(code))) untyped.push(text);
      await delay(250);
    }
    return { id: undefined, codes, untyped };
  }

  it('three replicas behind nginx lose no call and double none: one killed, one drained, Redis and the upstream restarted, under load', async () => {
    upstream.always(late(120));
    const calls: Promise<Call>[] = [];
    let loading = true;
    const load = (async () => {
      const start = performance.now();
      while (loading) {
        calls.push(call(`call ${calls.length}`));
        await delay(Math.max(0, start + calls.length * 25 - performance.now()));
      }
    })();

    await delay(2_000);
    replicas[0]?.child.kill('SIGKILL');
    await delay(2_000);
    await restart(0);

    await delay(1_000);
    const [, drained] = replicas;
    drained?.child.kill('SIGTERM');
    expect(await drained?.exited).toBe(0);
    await restart(1);

    await delay(1_000);
    await redis.kill();
    await delay(2_000);
    redis = await startRedis(redis.port);

    await delay(2_000);
    await upstream.goAway();
    await delay(1_500);
    await upstream.comeBack();
    await delay(4_000);

    // Finally, one replica is drained and one is killed at the same time.
    replicas[1]?.child.kill('SIGTERM');
    replicas[2]?.child.kill('SIGKILL');
    await delay(1_000);
    await Promise.all([restart(1), restart(2)]);
    await delay(2_000);
    loading = false;
    await load;

    const ended = await Promise.all(calls);
    expect(ended.length).toBeGreaterThan(500);
    expect(ended.flatMap(({ untyped }) => untyped)).toEqual([]);
    expect(ended.filter(({ id }) => id === undefined)).toEqual([]);
    expect(new Set(ended.map(({ id }) => id)).size).toBe(ended.length);
    expect(upstream.effects).toBe(ended.length);
    // Otherwise no fault reached a client, and the test proves nothing.
    expect(ended.filter(({ codes }) => codes.length > 0).length).toBeGreaterThan(10);
    // The replicas count in Redis again.
    expect(await redis.admin.keys('customer-evaluations:*')).not.toEqual([]);
  });

  it('three replicas behind nginx make one evaluation of a key that comes fifty times at once, to whichever of them', async () => {
    upstream.reset();
    upstream.always(late(100));
    const ended = await Promise.all(Array.from({ length: 50 }, () => call('the same')));
    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set(['ceval_1']));
    expect(upstream.effects).toBe(1);
    // Each replica sends equal calls as one, and its retries use the same key.
    expect(new Set(upstream.keys).size).toBe(1);
  });

  it('three replicas behind nginx are not sent a call twice by the balancer when one dies with it, and say in whose name nothing was answered', async () => {
    upstream.reset();
    upstream.always(hang);
    const lost = send('dies with its replica', nginx.url);
    while (upstream.keys.length === 0) await delay(5);
    for (const { child } of replicas) child.kill('SIGKILL');
    expect(await lost).toMatchObject({
      status: 502,
      errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE', retryable: true, effect: 'UNKNOWN' } }],
    });
    expect(upstream.keys).toHaveLength(1);
  });
});
