import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { freePort } from '../harness/free-port.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';
import { keptUp, missingRedis, type RedisServer, startRedis } from '../harness/redis.ts';
import { describeUnless } from '../harness/run-unless.ts';

// A command begins with its number of parts: a star alone may stand in a script.
const commandStart = /\*\d+\r\n(?=\$)/;

/** Responds to all but the handshake with an error. ioredis sends `info` to learn whether the server is ready. */
function refusing(error: string): (command: string) => string {
  const info = 'redis_version:8.0.0\r\nloading:0\r\n';
  return (command) =>
    /\r\n(info|client|hello|select|ping)\r\n/i.test(command)
      ? `$${info.length}\r\n${info}\r\n`
      : `-${error}\r\n`;
}

/** A server that accepts every connection and replies to each command. */
async function startFakeRedis(
  reply: (command: string) => string,
  port = 0,
): Promise<{ url: string; port: number; connections: () => number; kill: () => void }> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const commands = chunk.toString().split(commandStart).slice(1);
      socket.write(commands.map(reply).join(''));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const listening = (server.address() as AddressInfo).port;
  return {
    url: `redis://127.0.0.1:${listening}`,
    port: listening,
    connections: () => connections,
    kill: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describeUnless(missingRedis(), 'a gateway whose counters are in Redis', () => {
  let gateway: TestGateway;
  let redis: RedisServer;
  let upstream: Awaited<ReturnType<typeof startRecordingUpstream>>;
  let folder: string;
  const fakes: Awaited<ReturnType<typeof startFakeRedis>>[] = [];

  beforeEach(async () => {
    redis = await startRedis();
    folder = await mkdtemp(path.join(tmpdir(), 'secrets-'));
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
  });
  afterEach(async () => {
    await gateway.close();
    for (const server of fakes.splice(0)) server.kill();
    await redis.kill();
    await upstream.close();
    await rm(folder, { recursive: true });
  });

  const start = async (environment: Record<string, string>, movableClock = false): Promise<void> => {
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { RATE_LIMIT_PER_MINUTE: '3', TRUST_PROXY: 'loopback', ...environment }),
      { movableClock },
    );
  };
  const fakeRedis = async (reply: (command: string) => string, port?: number) => {
    const server = await startFakeRedis(reply, port);
    fakes.push(server);
    return server;
  };
  const create = async (from = '198.51.100.1'): Promise<number> =>
    (await gateway.send(createEverything, { input: registration() }, { 'x-forwarded-for': from })).status;
  const createFour = async (from: string): Promise<number[]> => {
    const statuses: number[] = [];
    while (statuses.length < 4) statuses.push(await create(from));
    return statuses;
  };
  const readiness = async () =>
    (await (await fetch(`${gateway.url}/readyz`)).json()) as {
      sharedCounters: string;
      sharedCountersReason?: string;
    };
  const untilCounters = async (state: string): Promise<void> => {
    while ((await readiness()).sharedCounters !== state) await delay(20);
  };

  it.each([
    'redis://:a%b@127.0.0.1:1',
    'redis://127.0.0.1:6379/sessions',
    'no URL at all',
    'https://redis.example',
    '',
  ])(
    'a gateway with counters in Redis keeps its Redis when REDIS_URL_FILE changes to %j, and logs that once',
    async (text) => {
      const file = path.join(folder, 'redis-url');
      writeFileSync(file, redis.url);
      await start({ REDIS_URL_FILE: file });
      await untilCounters('up');
      writeFileSync(file, text);
      await gateway.logged(/"setting":"REDIS_URL","state":"refused"/);
      expect(await keptUp([gateway], createFour)).toEqual([200, 200, 200, 429]);
      const lines = (await gateway.flushed()).filter((line) => line.includes('"setting":"REDIS_URL"'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).not.toContain(text === '' ? 'redis://' : text);
    },
  );

  it('a gateway with counters in Redis keeps serving if the database is refused, and uses the next Redis that the file names', async () => {
    const file = path.join(folder, 'redis-url');
    writeFileSync(file, `${redis.url}/99`);
    await start({ REDIS_URL_FILE: file });
    expect(await create()).toBe(200);
    writeFileSync(file, `${redis.url}/1`);
    await gateway.logged(/"setting":"REDIS_URL","state":"renewed"/);
    await untilCounters('up');
    expect(await create()).toBe(200);
  });

  it.each([
    'READONLY You can’t write against a read only replica.',
    'MASTERDOWN Link with MASTER is down',
    'NOAUTH Authentication required.',
  ])(
    'a gateway with counters in Redis opens a new connection if Redis answers %s, as after a failover',
    async (error) => {
      const server = await fakeRedis(refusing(error));
      await start({ REDIS_URL: server.url });
      await untilCounters('up');
      const before = server.connections();
      expect(await create()).toBe(200);
      const [word] = error.split(' ');
      // On a busy machine the command may have timed out, or the connection may already be under way.
      expect(JSON.parse(await gateway.logged(/the shared counters of REDIS_URL are down/))).toMatchObject({
        reason: expect.stringMatching(`^(${word}|timeout|disconnected)$`),
      });
      while (server.connections() === before) await delay(20);
    },
  );

  it('a gateway with counters in Redis does not count on a Redis that refused commands before it was restarted', async () => {
    const error = 'READONLY You can’t write against a read only replica.';
    const first = await fakeRedis(refusing(error));
    await start({ REDIS_URL: first.url }, true);
    await untilCounters('up');
    // On a busy machine Redis may refuse later than after the 40 ms that the gateway waits. It asks again after a second.
    for (let calls = 1; (await readiness()).sharedCountersReason !== 'READONLY'; calls += 1) {
      await gateway.moveClock({ monotonicMs: calls * 1_000 });
      expect(await create(`198.51.100.${calls}`)).toBe(200);
    }
    const ups = async () => (await gateway.flushed()).filter((line) => line.includes('REDIS_URL are up'));
    const upsBefore = await ups();
    first.kill();

    let handshakes = 0;
    const second = await fakeRedis((command) => {
      if (/\r\ninfo\r\n/i.test(command)) handshakes += 1;
      return refusing(error)(command);
    }, first.port);
    while (handshakes === 0) await delay(20);
    // Read after the answer to the handshake, which is on its way.
    await readiness();
    expect((await readiness()).sharedCounters).toBe('down');
    expect(second.connections()).toBeGreaterThan(0);
    expect(await ups()).toEqual(upsBefore);
  });

  it('a gateway with counters in Redis asks about no caller when it asks whether Redis works again', async () => {
    const probe = 'customer-evaluations:caller:probe';
    const keys: string[] = [];
    const server = await fakeRedis((command) => {
      keys.push(...(command.match(/customer-evaluations:\S+/g) ?? []));
      return refusing('ERR broken')(command);
    });
    await start({ REDIS_URL: server.url });
    await untilCounters('up');
    expect(await create()).toBe(200);
    while (keys.filter((key) => key === probe).length < 2) await delay(20);
    expect(keys[0]).not.toBe(probe);
    expect(new Set(keys.slice(keys.indexOf(probe)))).toEqual(new Set([probe]));
  });

  it('a gateway with counters in Redis says why Redis is unavailable, in one word, in the log and in /readyz', async () => {
    await start({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    const line = await gateway.logged(/the shared counters of REDIS_URL are down/);
    expect(JSON.parse(line)).toMatchObject({ level: 'error', state: 'down', reason: 'ECONNREFUSED' });
    expect(await readiness()).toMatchObject({ sharedCounters: 'down', sharedCountersReason: 'ECONNREFUSED' });
  });

  it('a gateway with counters in Redis says that its password is wrong', async () => {
    await redis.admin.config('SET', 'requirepass', 'right');
    let line = '{}';
    // On a busy machine the answer may come later than the 40 ms that the gateway waits.
    for (let tries = 1; tries <= 10 && JSON.parse(line).reason !== 'WRONGPASS'; tries += 1) {
      if (tries > 1) await gateway.close();
      await start({ REDIS_URL: redis.url.replace('//', '//:wrong@') });
      line = await gateway.logged(/the shared counters of REDIS_URL are down/);
    }
    expect(JSON.parse(line)).toMatchObject({ reason: 'WRONGPASS' });
    expect(line).not.toContain('wrong');
    expect(await create()).toBe(200);
  });

  it('a gateway with counters in Redis says that the server of REDIS_URL does not speak the protocol of Redis', async () => {
    const server = await fakeRedis(() => 'HTTP/1.1 400 Bad Request\r\n\r\n');
    let line = '{}';
    // On a busy machine the answer may come later than the 40 ms that the gateway waits.
    for (let tries = 1; tries <= 10 && JSON.parse(line).reason !== 'protocol'; tries += 1) {
      if (tries > 1) await gateway.close();
      await start({ REDIS_URL: server.url });
      line = await gateway.logged(/the shared counters of REDIS_URL are down/);
    }
    expect(JSON.parse(line)).toMatchObject({ state: 'down', reason: 'protocol' });
    expect(await create()).toBe(200);
  });

  it('a gateway with counters in Redis admits a caller again when its minute in Redis has ended, although the clock was set back an hour', async () => {
    await start({ REDIS_URL: redis.url }, true);
    let from = '';
    const statuses = await keptUp([gateway], (address) => {
      from = address;
      return createFour(address);
    });
    expect(statuses).toEqual([200, 200, 200, 429]);
    await gateway.moveClock({ wallMs: -3_600_000 });
    // Redis runs on another clock, so the window is ended there by hand.
    await redis.admin.flushall();
    await gateway.moveClock({ monotonicMs: 61_000 });
    expect(await create(from)).toBe(200);
  });

  it('a gateway with counters in Redis logs that a renewed Redis does not answer, and keeps the previous one', async () => {
    const file = path.join(folder, 'redis-url');
    writeFileSync(file, redis.url);
    await start({ REDIS_URL_FILE: file });
    await untilCounters('up');
    writeFileSync(file, `redis://127.0.0.1:${await freePort()}`);
    const line = await gateway.logged(/the renewed REDIS_URL does not respond/);
    expect(JSON.parse(line)).toMatchObject({ level: 'error', reason: 'ECONNREFUSED' });
    expect((await readiness()).sharedCounters).toBe('up');
    expect(await create()).toBe(200);
    const lines = (await gateway.flushed()).filter((each) => each.includes('the renewed REDIS_URL'));
    expect(lines).toHaveLength(1);
  });
});
