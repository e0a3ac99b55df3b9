import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { anonymous } from '../../src/access/caller.ts';
import { MemoryCounter } from '../../src/access/rate-limit-counter.ts';
import { RateLimits } from '../../src/access/rate-limits.ts';
import { RedisRateLimitStore } from '../../src/access/redis-rate-limit-store.ts';
import { freePort } from '../harness/free-port.ts';
import { missingRedis, type RedisServer, startRedis, startRedisProxy } from '../harness/redis.ts';
import { describeUnless } from '../harness/run-unless.ts';

describe('what one process counts', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('a process counts each name separately, for a minute from its first call, up to exactly its limit', async () => {
    const counter = new MemoryCounter(5);
    expect(await counter.add('a', 3)).toBeUndefined();
    jest.advanceTimersByTime(20_000);
    expect(await counter.add('a', 2)).toBeUndefined();
    expect(await counter.add('a', 1)).toBe(40_000);
    expect(await counter.add('b', 5)).toBeUndefined();
    jest.advanceTimersByTime(39_999);
    expect(await counter.add('a', 1)).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await counter.add('a', 5)).toBeUndefined();
  });

  it('a process never asks a caller to wait longer than a minute, even if the clock is set back', async () => {
    const counter = new MemoryCounter(1);
    await counter.add('a', 1);
    jest.setSystemTime(Date.now() - 3_600_000);
    expect(await counter.add('a', 1)).toBe(60_000);
  });

  it('a process ends each window separately, even if a name starts a new one before another', () => {
    const counter = new MemoryCounter(1);
    counter.add('a', 1);
    jest.advanceTimersByTime(30_000);
    counter.add('b', 1);
    jest.advanceTimersByTime(30_000);
    // The next name that starts a window removes expired ones.
    expect(counter.add('a', 1)).toBeUndefined();
    expect(counter.add('b', 1)).toBe(30_000);
    jest.advanceTimersByTime(30_000);
    expect(counter.add('c', 1)).toBeUndefined();
    expect(counter.add('a', 1)).toBe(30_000);
    expect(counter.add('b', 1)).toBeUndefined();
  });

  it('a process forgets each name within two minutes, even if nobody calls again', () => {
    const counter = new MemoryCounter(1);
    counter.add('192.0.2.1', 1);
    jest.advanceTimersByTime(30_000);
    counter.add('192.0.2.2', 1);
    jest.advanceTimersByTime(30_000);
    expect(counter.size).toBe(1);
    jest.advanceTimersByTime(60_000);
    expect(counter.size).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('a process counts synchronously', () => {
    const limits = new RateLimits({ perMinute: 1, perAddressPerMinute: 1 });
    expect(limits.charge({ caller: anonymous, address: '192.0.2.1' }, 1)).toBeUndefined();
    expect(limits.charge({ caller: anonymous, address: '192.0.2.1' }, 1)).toEqual({
      of: 'address',
      waitMs: 60_000,
    });
  });
});

describe('the limits', () => {
  const limits = (
    settings: { perMinute?: number | undefined; perAddressPerMinute?: number | undefined } = {},
  ) => new RateLimits({ perMinute: 2, perAddressPerMinute: 3, ...settings });
  const named = (id: string) => ({ ...anonymous, id, isNamed: true });

  it('the rate limits apply to a named caller by its name and by its address', async () => {
    const own = limits();
    const charge = (id: string, points: number, address?: string) =>
      own.charge({ caller: named(id), address }, points);
    expect(await charge('a', 2)).toBeUndefined();
    expect(await charge('a', 1)).toMatchObject({ of: 'caller' });
    expect(await charge('b', 2, '192.0.2.1')).toBeUndefined();
    expect(await charge('c', 1, '192.0.2.1')).toBeUndefined();
    expect(await charge('d', 1, '192.0.2.1')).toMatchObject({ of: 'address' });
    expect(await charge('e', 1, '192.0.2.2')).toBeUndefined();
    // A request from a router has no address. Such requests must not share one limit.
    for (const id of ['f', 'g', 'h', 'i']) expect(await charge(id, 1)).toBeUndefined();
  });

  it.each([
    { perMinute: 2, perAddressPerMinute: 3 },
    { perMinute: 3, perAddressPerMinute: 2 },
    { perMinute: undefined, perAddressPerMinute: 2 },
    { perMinute: 2, perAddressPerMinute: undefined },
  ])(
    'the rate limits apply to an anonymous caller once, by its address with the lower limit, and not behind a router: %j',
    async (settings) => {
      const own = limits(settings);
      const charge = (points: number, address?: string) => own.charge({ caller: anonymous, address }, points);
      expect(await charge(2, '192.0.2.1')).toBeUndefined();
      expect(await charge(1, '192.0.2.1')).toMatchObject({ of: 'address' });
      for (let count = 0; count < 5; count += 1) expect(await charge(2)).toBeUndefined();
    },
  );

  it('the rate limits return a caller’s own wait, or that of its address if only the address is over its limit', async () => {
    jest.useFakeTimers();
    const own = limits({ perMinute: 1, perAddressPerMinute: 1 });
    await own.charge({ caller: named('a'), address: '192.0.2.1' }, 1);
    jest.advanceTimersByTime(10_000);
    await own.charge({ caller: named('b'), address: '192.0.2.2' }, 1);
    expect(await own.charge({ caller: named('a'), address: '192.0.2.2' }, 1)).toEqual({
      of: 'caller',
      waitMs: 50_000,
    });
    expect(await own.charge({ caller: named('b'), address: '192.0.2.1' }, 1)).toEqual({
      of: 'caller',
      waitMs: 60_000,
    });
    expect(await own.charge({ caller: named('c'), address: '192.0.2.1' }, 1)).toEqual({
      of: 'address',
      waitMs: 50_000,
    });
    jest.useRealTimers();
  });

  it('the rate limits count refused credentials separately from calls', async () => {
    const own = limits();
    for (let count = 0; count < 3; count += 1) expect(await own.chargeRefusal('192.0.2.1')).toBeUndefined();
    expect(await own.chargeRefusal('192.0.2.1')).toBeGreaterThan(0);
    expect(await own.chargeRefusal('192.0.2.2')).toBeUndefined();
    expect(await own.charge({ caller: named('a'), address: '192.0.2.1' }, 1)).toBeUndefined();
    for (let count = 0; count < 4; count += 1) {
      expect(await own.chargeRefusal(undefined)).toBeUndefined();
      expect(await own.chargeRefusal('no address')).toBeUndefined();
    }
  });

  it('the rate limits can be switched off, one by one', async () => {
    const own = limits({ perMinute: undefined, perAddressPerMinute: undefined });
    expect(await own.charge({ caller: named('a'), address: '192.0.2.1' }, 1_000)).toBeUndefined();
    for (let count = 0; count < 5; count += 1) expect(await own.chargeRefusal('192.0.2.1')).toBeUndefined();
    const callersOnly = limits({ perAddressPerMinute: undefined });
    expect(await callersOnly.charge({ caller: named('a'), address: '192.0.2.1' }, 3)).toMatchObject({
      of: 'caller',
    });
    expect(own.storeState).toBeUndefined();
    own.renewRedis('redis://127.0.0.1:1');
    expect(own.storeState).toBeUndefined();
    own.close();
  });
});

describeUnless(missingRedis(), 'what several processes count together', () => {
  let redis: RedisServer;
  let states: string[];
  const stores: { close(): void }[] = [];
  const others: RedisServer[] = [];

  beforeEach(async () => {
    redis = await startRedis();
    states = [];
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) store.close();
    for (const other of others.splice(0)) await other.kill();
    await redis.kill();
  });

  /** Waits long for Redis, since machines may be busy, unless a test sets a shorter timeout. */
  const open = async (
    url = redis.url,
    timeoutMs: number | undefined = 5_000,
  ): Promise<RedisRateLimitStore> => {
    const store = new RedisRateLimitStore(
      url,
      (name) => `pseudonym-of-${name}`,
      (state) => states.push(state),
      undefined,
      timeoutMs,
    );
    stores.push(store);
    for (let tries = 0; tries < 4_000 && store.state === 'down'; tries += 1) await delay(5);
    expect(states.at(-1)).toBe('up');
    // On a busy machine, the first commands may have been too slow.
    states.length = 0;
    return store;
  };

  /** Waits until only the test itself is connected. */
  const untilAlone = async ({ admin }: RedisServer): Promise<void> => {
    const clients = async (): Promise<number> =>
      String(await admin.client('LIST'))
        .trim()
        .split('\n').length;
    for (let tries = 0; tries < 4_000 && (await clients()) > 1; tries += 1) await delay(5);
    expect(await clients()).toBe(1);
  };

  it('the shared store keeps one count, up to exactly the limit, under pseudonyms', async () => {
    const [a, b] = [(await open()).counter('caller', 3), (await open()).counter('caller', 3)];
    expect(await a.add('x', 2)).toBeUndefined();
    expect(await b.add('x', 1)).toBeUndefined();
    const wait = await a.add('x', 1);
    expect(wait).toBeGreaterThan(55_000);
    expect(wait).toBeLessThanOrEqual(60_000);
    expect(await b.add('y', 3)).toBeUndefined();
    expect((await redis.admin.keys('*')).sort()).toEqual([
      'customer-evaluations:caller:pseudonym-of-x',
      'customer-evaluations:caller:pseudonym-of-y',
    ]);
    expect(await redis.admin.ttl('customer-evaluations:caller:pseudonym-of-x')).toBeGreaterThan(55);
    expect(states).toEqual([]);
  });

  it('the shared store counts locally if Redis fails, reports it once, and asks Redis again after a second', async () => {
    const store = await open();
    const counter = store.counter('caller', 2);
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    await redis.admin.config('SET', 'maxmemory', '1');
    expect(await counter.add('x', 2)).toBeUndefined();
    expect(store.state).toBe('down');
    await redis.admin.config('SET', 'maxmemory', '0');
    // Redis is not asked again for a second. Until then the local count applies.
    expect(await counter.add('x', 1)).toBeGreaterThan(0);
    expect(await redis.admin.keys('*')).toEqual([]);
    clock.mockReturnValue(performance.now() + 999);
    expect(await counter.add('x', 1)).toBeGreaterThan(0);
    clock.mockReturnValue(performance.now() + 1);
    expect(await counter.add('x', 2)).toBeUndefined();
    expect(await redis.admin.keys('*')).toHaveLength(1);
    clock.mockRestore();
    expect(store.state).toBe('up');
    expect(states).toEqual(['down', 'up']);
  });

  it('the shared store is up again soon after a late answer, even if nobody calls', async () => {
    const proxy = await startRedisProxy(redis.port);
    const store = await open(`redis://127.0.0.1:${proxy.port}`, 500);
    const counter = store.counter('caller', 1);
    expect(await counter.add('x', 1)).toBeUndefined();
    proxy.hold();
    expect(await counter.add('y', 1)).toBeUndefined();
    expect([store.state, store.reason]).toEqual(['down', 'timeout']);
    proxy.release();
    while (store.state === 'down') await delay(5);
    // The probe counts nothing of a caller.
    expect(await redis.admin.get('customer-evaluations:caller:pseudonym-of-x')).toBe('1');
    expect(await redis.admin.get('customer-evaluations:caller:pseudonym-of-y')).toMatch(/^[01]$/);
    proxy.close();
  });

  it('the shared store stays down after it has reconnected to a Redis that still refuses to write', async () => {
    const store = await open();
    const counter = store.counter('caller', 1);
    const connections = async (): Promise<string> =>
      String(await redis.admin.client('LIST'))
        .match(/^id=\d+/gm)
        ?.join() ?? '';
    const before = await connections();
    await redis.admin.replicaof('127.0.0.1', await freePort());
    expect(await counter.add('x', 1)).toBeUndefined();
    const isReconnected = async (): Promise<boolean> => {
      const now = await connections();
      return now !== before && now.split(',').length === before.split(',').length;
    };
    while (!(await isReconnected())) await delay(5);
    await delay(50);
    expect(states).toEqual(['down']);
    expect(store.reason).toBe('READONLY');

    await redis.admin.replicaof('NO', 'ONE');
    // Nobody calls.
    while (store.state === 'down') await delay(5);
    expect(states).toEqual(['down', 'up']);
    expect(await counter.add('x', 1)).toBeUndefined();
    expect((await redis.admin.keys('*')).sort()).toEqual([
      'customer-evaluations:caller:probe',
      'customer-evaluations:caller:pseudonym-of-x',
    ]);
  });

  it('the shared store counts locally as soon as Redis is down, and in Redis again when it is back', async () => {
    const store = await open();
    const counter = store.counter('caller', 1);
    await redis.kill();
    for (let tries = 0; tries < 4_000 && store.state === 'up'; tries += 1) await delay(5);
    // Counted locally while Redis is down: no command waits for a connection.
    expect(await counter.add('x', 1)).toBeUndefined();
    expect(await counter.add('x', 1)).toBeGreaterThan(0);
    redis = await startRedis(redis.port);
    for (let tries = 0; tries < 4_000 && store.state === 'down'; tries += 1) await delay(5);
    expect(states).toEqual(['down', 'up']);
  });

  it('the shared store counts locally if there was no Redis from the start', async () => {
    const store = new RedisRateLimitStore(
      `redis://127.0.0.1:${await freePort()}`,
      (name) => name,
      (state) => states.push(state),
    );
    stores.push(store);
    expect(store.state).toBe('down');
    const counter = store.counter('caller', 1);
    expect(await counter.add('x', 1)).toBeUndefined();
    expect(await counter.add('x', 1)).toBeGreaterThan(0);
    await delay(50);
    expect(states).toEqual(['down']);
  });

  it('the shared store counts locally if Redis is slow, without waiting for it', async () => {
    const proxy = await startRedisProxy(redis.port);
    const store = await open(`redis://127.0.0.1:${proxy.port}`, 40);
    const counter = store.counter('caller', 1);
    proxy.hold();
    // Both are counted before Redis responds.
    expect(await counter.add('x', 1)).toBeUndefined();
    expect(await counter.add('x', 1)).toBeGreaterThan(0);
    expect(store.state).toBe('down');
    proxy.release();
    proxy.close();
  });

  it('the shared store reconnects soon, and then less and less often', async () => {
    let looked = 0;
    const nothing = createServer((socket) => {
      looked += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => nothing.listen(0, '127.0.0.1', resolve));
    const { port } = nothing.address() as AddressInfo;
    stores.push(
      new RedisRateLimitStore(
        `redis://127.0.0.1:${port}`,
        (name) => name,
        () => undefined,
      ),
    );
    // Attempts are made immediately, after 100 ms, after 200 more, and after 300 more.
    while (looked < 2) await delay(5);
    await delay(500);
    expect(looked).toBeLessThan(5);
    nothing.close();
  });

  it('the shared store moves to another Redis once that answers, and not before', async () => {
    const store = await open();
    const counter = store.counter('caller', 1);
    expect(await counter.add('x', 1)).toBeUndefined();
    store.renewRedis(`redis://127.0.0.1:${await freePort()}`);
    await delay(50);
    expect(await counter.add('x', 1)).toBeGreaterThan(0);
    const other = await startRedis();
    others.push(other);
    store.renewRedis(other.url);
    for (let tries = 0; tries < 4_000 && (await counter.add('y', 1)) === undefined; tries += 1) {
      await redis.admin.flushall();
      if ((await other.admin.dbsize()) > 0) break;
      await delay(5);
    }
    expect(await other.admin.dbsize()).toBe(1);
    // The end of the old server no longer matters.
    await redis.kill();
    await delay(50);
    expect(store.state).toBe('up');
    expect(states).toEqual([]);
    // The end of the new server does.
    await other.kill();
    for (let tries = 0; tries < 4_000 && store.state === 'up'; tries += 1) await delay(5);
    expect(states).toEqual(['down']);
  });

  it('the shared store counts callers and addresses, but not refused credentials', async () => {
    const open = async (): Promise<RateLimits> => {
      const store = new RedisRateLimitStore(
        redis.url,
        (name) => name,
        (state) => states.push(state),
      );
      stores.push(store);
      const limits = new RateLimits({ perMinute: 2, perAddressPerMinute: 3 }, store);
      for (let tries = 0; tries < 4_000 && limits.storeState !== 'up'; tries += 1) await delay(5);
      return limits;
    };
    const [a, b] = [await open(), await open()];
    expect(states).toContain('up');
    expect([a.storeState, b.storeState]).toEqual(['up', 'up']);
    const by = (id: string, address: string) => ({ caller: { ...anonymous, id, isNamed: true }, address });
    const round = async (address: string): Promise<(number | undefined)[]> => {
      states.length = 0;
      await redis.admin.flushall();
      const [x, y] = [by(`x of ${address}`, address), by(`y of ${address}`, address)];
      const charged = [
        await a.charge(x, 1),
        await b.charge(x, 1),
        await a.charge(x, 1),
        await b.charge(y, 1),
      ];
      return charged.map((over) => over?.waitMs);
    };
    // Tries again if Redis was late on a busy machine, so that the limits were counted locally for a second.
    let address = '192.0.2.1';
    let waits = await round(address);
    for (let rounds = 2; rounds < 6 && states.includes('down'); rounds += 1) {
      await delay(1_050);
      address = `192.0.2.${rounds}`;
      waits = await round(address);
    }
    expect(waits).toEqual([undefined, undefined, expect.any(Number), expect.any(Number)]);
    for (let count = 0; count < 3; count += 1) {
      for (const limits of [a, b]) expect(await limits.chargeRefusal(address)).toBeUndefined();
    }
    // If Redis was late, the store has probed it.
    const keys = (await redis.admin.keys('*')).filter((key) => !key.endsWith(':probe'));
    expect(keys.sort()).toEqual([
      `customer-evaluations:address:${address}`,
      `customer-evaluations:caller:x of ${address}`,
      `customer-evaluations:caller:y of ${address}`,
    ]);

    const other = await startRedis();
    others.push(other);
    a.renewRedis(other.url);
    for (let tries = 0; tries < 4_000 && (await other.admin.dbsize()) === 0; tries += 1) {
      await a.charge(by('z', address), 1);
      await delay(5);
    }
    expect((await other.admin.keys('*:z')).length).toBe(1);
    a.close();
    b.close();
    for (const server of [redis, other]) await untilAlone(server);
  });

  it('the shared store reports nothing after it is closed', async () => {
    const store = await open();
    store.close();
    await untilAlone(redis);
    expect(states).toEqual([]);
  });
});
