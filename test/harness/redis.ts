import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, connect as netConnect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import type { GatewayProcess } from './gateway.ts';
import { reasonWithout } from './missing-program.ts';

/** Why tests with Redis can't run on this machine; undefined if they can. With CI=true they must. */
export function missingRedis(): string | undefined {
  return reasonWithout('redis-server', spawnSync('redis-server', ['--version']).status === 0);
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** A client that runs commands. */
  readonly admin: Redis;
  /** Kills it immediately, like a power failure. */
  kill(): Promise<void>;
}

/** A real Redis without persistence, on a free port or on this one. */
export async function startRedis(port?: number): Promise<RedisServer> {
  const at = port ?? (await freePort());
  const server = spawn(
    'redis-server',
    ['--port', String(at), '--save', '', '--appendonly', 'no', '--enable-debug-command', 'yes'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await untilReady(server);
  const admin = new Redis(`redis://127.0.0.1:${at}`, { maxRetriesPerRequest: 1, retryStrategy: () => null });
  admin.on('error', () => undefined);
  return {
    url: `redis://127.0.0.1:${at}`,
    port: at,
    admin,
    async kill() {
      admin.disconnect();
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGKILL');
      await once(server, 'exit');
    },
  };
}

async function untilReady(server: ChildProcess): Promise<void> {
  for await (const chunk of server.stdout ?? []) {
    if (String(chunk).includes('Ready to accept connections')) break;
  }
  server.stdout?.resume();
}

/**
 * Repeats `send` from one address after another until Redis has kept up with all of its requests. On a busy machine it
 * takes longer than the 40 ms that the gateway waits, and the gateway then counts locally.
 */
export async function keptUp<Result>(
  gateways: readonly GatewayProcess[],
  send: (address: string) => Promise<Result>,
): Promise<Result> {
  const failures = async (): Promise<number> => {
    const logs = await Promise.all(gateways.map((gateway) => gateway.flushed()));
    return logs.flat().filter((line) => line.includes('shared counters of REDIS_URL are down')).length;
  };
  const isUp = async ({ url }: GatewayProcess): Promise<boolean> =>
    (await (await fetch(`${url}/readyz`)).text()).includes('"sharedCounters":"up"');
  let strangers = 0;
  for (let host = 1; ; host += 1) {
    // After a command that came late, Redis counts as down until the next one, or a probe a second later.
    for (const gateway of gateways) {
      while (!(await isUp(gateway))) {
        await delay(20);
        strangers += 1;
        await send(`198.18.${strangers >> 8}.${strangers & 255}`);
      }
    }
    const before = await failures();
    const result = await send(`192.0.2.${host}`);
    if ((await failures()) === before || host === 50) return result;
  }
}

/**
 * A proxy to a server. After `hold`, data in both directions waits for `release`. After `lose`, the connections that are
 * open carry nothing any more and are not closed, as if a machine had vanished; new ones work.
 */
export async function startRedisProxy(
  to: number,
): Promise<{ port: number; hold(): void; release(): void; lose(): void; close(): void }> {
  let held: (() => void)[] | undefined;
  let open: Socket[] = [];
  const server = createServer((near) => {
    const far = netConnect(to, '127.0.0.1');
    open.push(near, far);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk) => {
        if (held === undefined) into.write(chunk);
        else held.push(() => into.write(chunk));
      });
      from.on('error', () => undefined);
      from.on('close', () => into.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hold() {
      held = [];
    },
    lose() {
      for (const socket of open) socket.removeAllListeners('data').resume();
      open = [];
    },
    release() {
      for (const write of held ?? []) write();
      held = undefined;
    },
    close: () => server.close(),
  };
}
