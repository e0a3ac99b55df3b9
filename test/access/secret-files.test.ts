import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { keptUp, missingRedis, startRedis } from '../harness/redis.ts';
import { itUnless } from '../harness/run-unless.ts';

/** Secrets mounted as Kubernetes mounts them: each file is a link into `..data`, a link that is replaced as a whole. */
class MountedSecrets {
  readonly directory: string;
  #version = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async swap(secrets: Record<string, string>): Promise<void> {
    this.#version += 1;
    const version = `..version_${this.#version}`;
    await mkdir(this.path(version));
    for (const [name, text] of Object.entries(secrets))
      await writeFile(this.path(`${version}/${name}`), text);
    await symlink(version, this.path('..data_tmp'));
    await rename(this.path('..data_tmp'), this.path('..data'));
    for (const name of Object.keys(secrets)) {
      await symlink(`..data/${name}`, this.path(name)).catch(() => undefined);
    }
  }
}

describe('a secret in a file', () => {
  let upstream: RecordingUpstream;
  let mounted: MountedSecrets;
  let gateway: TestGateway | undefined;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
  });
  afterAll(() => upstream.close());
  beforeEach(async () => {
    upstream.requests.length = 0;
    mounted = new MountedSecrets(await mkdtemp(join(tmpdir(), 'secrets-')));
  });
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    await rm(mounted.directory, { recursive: true });
  });

  const create = (headers: Record<string, string> = {}) =>
    (gateway as TestGateway).send(createEverything, { input: registration() }, headers);
  const told = (state: string): string[] =>
    (gateway as TestGateway).log.filter((line) => line.includes(`"state":"${state}"`));
  async function untilTold(state: string, times = 1): Promise<void> {
    while (told(state).length < times) await delay(20);
  }
  const keysUsed = () => new Set(upstream.requests.map(({ headers }) => headers.authorization));

  it('a secret in a file is rotated under load without losing a call, and only the new key is used from then on', async () => {
    await mounted.swap({ key: 'sk_test_canaryOld\n' });
    gateway = await startTestGateway({
      STRIPE_API_URL: upstream.url,
      STRIPE_SECRET_KEY_FILE: mounted.path('key'),
    });
    let busy = true;
    const rounds = [0, 0, 0, 0];
    const clients = rounds.map(async (_, client) => {
      const failed = [];
      while (busy) {
        const { data, text } = await create();
        if (data?.createCustomerEvaluation?.customerEvaluation === null) failed.push(text);
        rounds[client] = (rounds[client] ?? 0) + 1;
        await delay(2);
      }
      return failed;
    });
    /** Waits until each client has had two more responses. The second of these calls began after now. */
    const untilAllCalledAgain = async (): Promise<void> => {
      const goals = rounds.map((count) => count + 2);
      while (rounds.some((count, client) => count < (goals[client] ?? 0))) await delay(5);
    };
    await untilAllCalledAgain();
    await mounted.swap({ key: 'rk_test_canaryNew\n' });
    expect(keysUsed()).toEqual(new Set(['Bearer sk_test_canaryOld']));
    await untilTold('renewed');
    // After this, no call with the old key is in flight.
    await untilAllCalledAgain();
    upstream.requests.length = 0;
    await untilAllCalledAgain();
    busy = false;
    expect((await Promise.all(clients)).flat()).toEqual([]);
    expect(keysUsed()).toEqual(new Set(['Bearer rk_test_canaryNew']));
    expect(told('renewed')).toHaveLength(1);
    expect((await gateway.flushed()).join('\n')).not.toContain('canary');
  });

  it('a secret in a file that disappears or is malformed is logged once as an error, and the old one stays in use', async () => {
    await mounted.swap({ key: 'sk_test_canaryOld' });
    gateway = await startTestGateway({
      STRIPE_API_URL: upstream.url,
      STRIPE_SECRET_KEY_FILE: mounted.path('key'),
    });
    await unlink(mounted.path('..data'));
    await untilTold('refused');
    await mounted.swap({ key: 'pk_live_canaryWrong' });
    // Longer than two polls of the file.
    await delay(1_500);
    expect((await create()).data.createCustomerEvaluation.errors).toEqual([]);
    expect(keysUsed()).toEqual(new Set(['Bearer sk_test_canaryOld']));
    expect(told('refused')).toHaveLength(1);
    expect(JSON.parse(told('refused')[0] ?? '')).toMatchObject({
      level: 'error',
      setting: 'STRIPE_SECRET_KEY',
    });

    await mounted.swap({ key: 'sk_test_canaryOld' });
    await untilTold('restored');
    await mounted.swap({ key: 'sk_test_canaryNew' });
    await untilTold('renewed');
    await create();
    expect(keysUsed()).toContain('Bearer sk_test_canaryNew');
    expect((await gateway.flushed()).join('\n')).not.toContain('canary');
  });

  it.each([
    {
      between: 'test and live mode',
      from: 'test',
      to: 'live',
      old: 'sk_test_canaryOld',
      other: 'sk_live_canaryNew',
      next: 'rk_test_canaryNext',
    },
    {
      between: 'test and live mode',
      from: 'live',
      to: 'test',
      old: 'rk_live_canaryOld',
      other: 'rk_test_canaryNew',
      next: 'sk_live_canaryNext',
    },
    {
      between: 'an account key and an organization key',
      from: 'account',
      to: 'organization',
      old: 'sk_test_canaryOld',
      other: 'sk_org_test_canaryNew',
      next: 'rk_test_canaryNext',
    },
    {
      between: 'an account key and an organization key',
      from: 'organization',
      to: 'account',
      old: 'sk_org_test_canaryOld',
      other: 'sk_test_canaryNew',
      next: 'sk_org_test_canaryNext',
    },
  ])(
    'a secret in a file that changes from the key of one kind ($from) to another ($to) is refused, and the log says why',
    async ({ between, from, old, other, next }) => {
      await mounted.swap({ key: old });
      gateway = await startTestGateway({
        STRIPE_API_URL: upstream.url,
        STRIPE_SECRET_KEY_FILE: mounted.path('key'),
        ...(from === 'organization' ? { STRIPE_CONTEXT: 'acct_1' } : {}),
      });
      await mounted.swap({ key: other });
      const line = await gateway.logged(/"state":"(refused|renewed)"/);
      expect(JSON.parse(line)).toMatchObject({
        level: 'error',
        setting: 'STRIPE_SECRET_KEY',
        state: 'refused',
        msg: `secret file changes between ${between}, keeping the previous secret: restart to change it`,
      });
      await create();
      await mounted.swap({ key: next });
      await untilTold('renewed');
      await create();
      expect(keysUsed()).toEqual(new Set([`Bearer ${old}`, `Bearer ${next}`]));
      expect(told('refused')).toHaveLength(1);
      expect((await gateway.flushed()).join('\n')).not.toContain('canary');
    },
  );

  it('a secret in a file that is written in place is not read while it is incomplete', async () => {
    const path = mounted.path('plain');
    await writeFile(path, 'sk_test_canaryOld');
    gateway = await startTestGateway({ STRIPE_API_URL: upstream.url, STRIPE_SECRET_KEY_FILE: path });
    await create();
    // The writer is so slow that each poll finds another part, each of which looks like a key.
    let renewed: number;
    let longestPauseMs: number;
    do {
      renewed = told('renewed').length;
      longestPauseMs = 0;
      for (let part = 0; part < 40; part += 1) {
        const before = performance.now();
        await writeFile(path, `sk_test_canaryPart${part}`);
        await delay(50);
        longestPauseMs = Math.max(longestPauseMs, performance.now() - before);
      }
      // On a busy machine two polls may find the same part, which then counts as complete.
    } while (longestPauseMs > 450);
    await create();
    expect(told('renewed')).toHaveLength(renewed);
    await writeFile(path, 'sk_test_canaryNew');
    await untilTold('renewed', renewed + 1);
    await create();
    expect([...keysUsed()].at(-1)).toBe('Bearer sk_test_canaryNew');
    if (renewed === 0) expect(keysUsed().size).toBe(2);
  });

  const oldSecret = 'canary-old-router-secret-0123456789abc';
  const newSecret = 'canary-new-router-secret-0123456789abc';

  it('a secret in a file may be a router secret, of which several are valid during a rotation', async () => {
    await mounted.swap({ router: oldSecret, names: 'p'.repeat(32) });
    gateway = await startTestGateway({
      STRIPE_API_URL: upstream.url,
      STRIPE_SECRET_KEY: 'sk_test_canary',
      AUTH_MODE: 'router',
      ROUTER_SECRET_FILE: mounted.path('router'),
      PSEUDONYM_KEY_FILE: mounted.path('names'),
    });
    const statusWith = async (secret: string) =>
      (await create({ 'x-router-secret': secret, 'x-caller-subject': 'ann' })).status;
    const pseudonym = async () => {
      const log = await gateway?.flushed();
      return JSON.parse(log?.findLast((line) => line.includes('"caller"')) ?? '').caller;
    };
    expect([await statusWith(oldSecret), await statusWith(newSecret)]).toEqual([200, 401]);
    const before = await pseudonym();

    await mounted.swap({ router: `${oldSecret}, ${newSecret}`, names: 'p'.repeat(32) });
    await untilTold('renewed');
    expect([await statusWith(oldSecret), await statusWith(newSecret)]).toEqual([200, 200]);
    expect(await pseudonym()).toBe(before);

    await mounted.swap({ router: newSecret, names: 'q'.repeat(32) });
    await untilTold('renewed', 3);
    expect([await statusWith(newSecret), await statusWith(oldSecret)]).toEqual([200, 401]);
    expect(await pseudonym()).not.toBe(before);
    expect((await gateway.flushed()).join('\n')).not.toContain('canary');
  });

  itUnless(
    missingRedis(),
    'a secret in a file may be the Redis URL: counters move once the new Redis responds, and not before',
    async () => {
      const [first, second] = await Promise.all([startRedis(), startRedis()]);
      try {
        await second.admin.config('SET', 'requirepass', 'canaryPassword');
        await mounted.swap({ redis: first.url });
        gateway = await startTestGateway({
          STRIPE_API_URL: upstream.url,
          STRIPE_SECRET_KEY: 'sk_test_canary',
          REDIS_URL_FILE: mounted.path('redis'),
          RATE_LIMIT_PER_MINUTE: '2',
          TRUST_PROXY: 'loopback',
        });
        const statusFrom = async (address: string) => (await create({ 'x-forwarded-for': address })).status;
        const statuses = async (from: string) => ({
          from,
          statuses: [await statusFrom(from), await statusFrom(from), await statusFrom(from)],
        });
        const counters = async () =>
          ((await (await fetch(`${gateway?.url}/readyz`)).json()) as { sharedCounters: string })
            .sharedCounters;
        while ((await counters()) !== 'up') await delay(10);
        const counted = await keptUp([gateway], statuses);
        expect(counted.statuses).toEqual([200, 200, 429]);

        await mounted.swap({ redis: second.url.replace('//', '//:canaryWrong@') });
        await untilTold('renewed');
        expect(await statusFrom(counted.from)).toBe(429);
        // Others are still counted by the first Redis.
        const namesBefore = await first.admin.dbsize();
        for (let host = 1; (await first.admin.dbsize()) === namesBefore; host += 1)
          await statusFrom(`203.0.113.${host % 256}`);
        expect(await second.admin.dbsize()).toBe(0);

        await mounted.swap({ redis: second.url.replace('//', '//:canaryPassword@') });
        await untilTold('renewed', 2);
        for (let host = 1; (await second.admin.dbsize()) === 0; host += 1)
          await statusFrom(`198.51.100.${host % 256}`);
        expect(await counters()).toBe('up');
        // The new Redis has counted nothing yet.
        expect(await statusFrom(counted.from)).toBe(200);
        expect((await gateway.flushed()).join('\n')).not.toContain('canary');
      } finally {
        await Promise.all([first.kill(), second.kill()]);
      }
    },
  );
});

describe('the setting of a secret’s file', () => {
  const directory = mkdtemp(join(tmpdir(), 'secrets-'));
  afterAll(async () => rm(await directory, { recursive: true }));

  async function faultsOf(environment: Record<string, string>): Promise<string[]> {
    try {
      readConfig(environment);
      return [];
    } catch (error) {
      return (error as Error).message.split('\n  ').slice(1);
    }
  }

  it('the setting of a secret’s file replaces that of the secret', async () => {
    const path = join(await directory, 'key');
    await writeFile(path, 'rk_live_1\n');
    const config = readConfig({ NODE_ENV: 'production', AUTH_MODE: 'none', STRIPE_SECRET_KEY_FILE: path });
    expect(config).toMatchObject({ upstream: 'stripe', stripe: { secretKey: 'rk_live_1' } });
  });

  it('the setting of a secret’s file is refused beside the secret itself', async () => {
    const path = join(await directory, 'key');
    await writeFile(path, 'rk_live_1');
    expect(await faultsOf({ STRIPE_SECRET_KEY: 'sk_test_canary', STRIPE_SECRET_KEY_FILE: path })).toEqual([
      'STRIPE_SECRET_KEY: is set twice, by itself and by STRIPE_SECRET_KEY_FILE: set one of them',
    ]);
  });

  it('the setting of a secret’s file is refused if the file is missing or malformed, without showing its content', async () => {
    const path = join(await directory, 'malformed');
    await writeFile(path, 'canary');
    expect(
      await faultsOf({
        NODE_ENV: 'production',
        AUTH_MODE: 'none',
        STRIPE_SECRET_KEY_FILE: join(await directory, 'nowhere'),
      }),
    ).toEqual(['STRIPE_SECRET_KEY_FILE: must be the path of a file that can be read (ENOENT)']);
    expect(await faultsOf({ STRIPE_SECRET_KEY_FILE: path })).toEqual([
      expect.stringMatching(/^STRIPE_SECRET_KEY_FILE: its content must be a secret key .* \(not shown\)$/),
    ]);
  });
});
