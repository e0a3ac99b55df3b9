import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { freePort } from '../harness/free-port.ts';
import {
  type GatewayProcess,
  spawnGateway,
  startTestGateway,
  type TestGateway,
  upstreamAt,
} from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { keptUp, missingRedis, type RedisServer, startRedis, startRedisProxy } from '../harness/redis.ts';
import { describeUnless } from '../harness/run-unless.ts';

describeUnless(missingRedis(), 'rate limits of several replicas', () => {
  let upstream: RecordingUpstream;
  let redis: RedisServer;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
  });
  afterAll(() => upstream.close());
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.kill());

  const environment = (url = redis.url, limit = '4') =>
    upstreamAt(upstream.url, { REDIS_URL: url, RATE_LIMIT_PER_MINUTE: limit, TRUST_PROXY: 'loopback' });
  async function create(gateway: { url: string }, from = '192.0.2.1'): Promise<number> {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      body: JSON.stringify({ query: createEverything, variables: { input: registration() } }),
    });
    await response.text();
    return response.status;
  }
  async function createAll(gateways: { url: string }[], from?: string): Promise<number[]> {
    const statuses = [];
    for (const gateway of gateways) statuses.push(await create(gateway, from));
    return statuses;
  }
  const readiness = async (gateway: { url: string }) => (await fetch(`${gateway.url}/readyz`)).json();
  async function until(gateway: { url: string }, state: string): Promise<void> {
    for (let tries = 0; tries < 600; tries += 1) {
      if (((await readiness(gateway)) as { sharedCounters: string }).sharedCounters === state) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the counters never were ${state}`);
  }

  describe('as two processes', () => {
    const processes: GatewayProcess[] = [];
    afterEach(async () => {
      for (const { child, exited } of processes.splice(0)) {
        child.kill('SIGKILL');
        await exited;
      }
    });

    it('rate limits of two processes are counted together, and separately once Redis is killed', async () => {
      for (let count = 0; count < 2; count += 1) processes.push(await spawnGateway(environment()));
      const [a, b] = processes as [GatewayProcess, GatewayProcess];
      const { from, statuses } = await keptUp(processes, async (address) => ({
        from: address,
        statuses: await createAll([a, b, a, b, a, b], address),
      }));
      expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);

      await redis.kill();
      // A caller over its limit stays limited. For the others, each replica now counts its own four.
      expect(await createAll([a, b], from)).toEqual([429, 429]);
      expect(await createAll([a, a, a, a, a], '198.51.100.1')).toEqual([200, 200, 200, 200, 429]);
      expect(await create(b, '198.51.100.1')).toBe(200);
      expect(await readiness(a)).toMatchObject({ status: 'ready', sharedCounters: 'down' });
      await a.logged(/the shared counters of REDIS_URL are down/);

      redis = await startRedis(redis.port);
      await until(a, 'up');
    });

    it('a gateway prints nothing outside the log if Redis is unavailable', async () => {
      const gateway = await spawnGateway(environment(`redis://127.0.0.1:${await freePort()}`));
      processes.push(gateway);
      expect(await create(gateway)).toBe(200);
      // Enough time for two or three attempts to connect. A failed attempt is not an error.
      await new Promise((resolve) => setTimeout(resolve, 400));
      // ioredis prints errors that have no listener. It does not do so within Jest, so the output of the process is
      // checked.
      expect(`${(await gateway.flushed()).join('\n')}${gateway.told()}`).not.toContain('[ioredis]');
    });
  });

  describe('when Redis', () => {
    let gateway: TestGateway;
    afterEach(() => gateway.close());

    /**
     * Expects four of five calls to be allowed, the log and `/readyz` to say that counters are down, and no canary in
     * either.
     */
    async function servedByItself(): Promise<void> {
      expect(await createAll(Array(5).fill(gateway))).toEqual([200, 200, 200, 200, 429]);
      expect(await readiness(gateway)).toMatchObject({ status: 'ready', sharedCounters: 'down' });
      await gateway.logged(/the shared counters of REDIS_URL are down/);
      expect(gateway.log.join('\n')).not.toContain('127.0.0.1:6');
    }

    it('a replica counts for itself when Redis is down at startup', async () => {
      gateway = await startTestGateway(environment(`redis://user:canary@127.0.0.1:${await freePort()}`));
      await servedByItself();
      expect((await gateway.flushed()).join('\n')).not.toContain('canary');
    });

    it('a replica counts for itself when Redis answers too late, and no caller waits for it', async () => {
      const proxy = await startRedisProxy(redis.port);
      gateway = await startTestGateway(environment(`redis://127.0.0.1:${proxy.port}`));
      await until(gateway, 'up');
      proxy.hold();
      // All five are answered before Redis responds.
      await servedByItself();
      proxy.release();
      proxy.close();
    });

    it('a replica reconnects when Redis vanished without closing the connection, and is back', async () => {
      const proxy = await startRedisProxy(redis.port);
      gateway = await startTestGateway(environment(`redis://127.0.0.1:${proxy.port}`));
      await until(gateway, 'up');
      proxy.lose();
      await servedByItself();
      await until(gateway, 'up');
      proxy.close();
    });

    it('a replica counts for itself when Redis is read-only', async () => {
      gateway = await startTestGateway(environment());
      await until(gateway, 'up');
      await redis.admin.replicaof('127.0.0.1', await freePort());
      // On a busy machine Redis may refuse later than after the 40 ms that the gateway waits, which then connects again.
      const reason = async () =>
        ((await readiness(gateway)) as { sharedCountersReason?: string }).sharedCountersReason;
      for (let host = 1; (await reason()) !== 'READONLY'; host += 1) {
        expect(await create(gateway, `198.51.100.${host}`)).toBe(200);
      }
      await servedByItself();
    });

    it('a replica counts for itself when Redis has no memory left', async () => {
      gateway = await startTestGateway(environment());
      await until(gateway, 'up');
      await redis.admin.config('SET', 'maxmemory', '1');
      await servedByItself();
    });

    it('a replica counts for itself when Redis holds values of another type', async () => {
      gateway = await startTestGateway(environment(redis.url, '5'));
      await until(gateway, 'up');
      const from = await keptUp([gateway], async (address) => {
        expect(await create(gateway, address)).toBe(200);
        return address;
      });
      for (const key of await redis.admin.keys('*')) {
        await redis.admin.del(key);
        await redis.admin.lpush(key, 'something');
      }
      expect(await createAll(Array(6).fill(gateway), from)).toEqual([200, 200, 200, 200, 200, 429]);
      expect(await readiness(gateway)).toMatchObject({ sharedCounters: 'down' });
    });

    it('Redis keeps no name or address of any caller', async () => {
      gateway = await startTestGateway(environment());
      let keys: string[] = [];
      // On a busy machine Redis may be too late, and then has counted nothing.
      while (keys.length === 0) {
        await create(gateway);
        keys = await redis.admin.keys('*');
      }
      expect(keys).toHaveLength(1);
      expect(keys[0]).toMatch(/^customer-evaluations:caller:[\w-]{22}$/);
    });
  });
});
