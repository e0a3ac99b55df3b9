import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type SecretFile, SecretFiles } from '../../src/config/secret-file-watcher.ts';
import { renewSecrets } from '../../src/config/secret-rotation.ts';
import { failureReason } from '../../src/errors/failure-reason.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const goodSecrets = {
  STRIPE_SECRET_KEY: 'sk_test_renewed',
  ROUTER_SECRET: 'r'.repeat(32),
  REDIS_URL: 'redis://127.0.0.1:1',
  PSEUDONYM_KEY: 'p'.repeat(32),
} as const;

/** Anything that a library may throw, and values that none would. */
const thrown = fc.oneof(
  fc.anything(),
  fc.string().map((message) => new Error(message)),
);

describe('what the gateway can do without', () => {
  it.each(Object.entries(goodSecrets) as [SecretFile['setting'], string][])(
    'a secret renewal that throws leaves the previous secret in use: %s',
    (setting, text) => {
      fc.assert(
        fc.property(thrown, (error) => {
          const log: string[] = [];
          const renew = (): never => {
            throw error;
          };
          const use = renewSecrets(
            { stripeKey: renew, routerSecrets: renew, redisUrl: renew, pseudonymKey: renew },
            createLog('info', { write: (line) => log.push(line) }),
          );
          const file: SecretFile = { setting, path: '/nowhere', text: '' };
          expect(use.apply(file, text)).toBe(false);
          use.onState(file, 'refused');
          expect(log).toHaveLength(1);
          expect(log[0]).not.toContain(text);
        }),
      );
    },
  );

  it('a log target that throws does not break its callers', () => {
    fc.assert(
      fc.property(thrown, fc.constantFrom('info', 'error', 'fatal' as const), (error, level) => {
        const log = createLog('trace', {
          write: () => {
            throw error;
          },
        });
        log[level]({ state: 'down' }, 'a line');
        log.child({ requestId: '1' })[level]('another');
      }),
    );
  });

  it('a failed secret renewal logs its reason in one safe word, whatever was thrown', () => {
    const word = /^[A-Za-z][\w]{0,63}( \d{1,6})?$/;
    fc.assert(
      fc.property(fc.oneof(thrown, fc.record({ code: fc.anything(), message: fc.string() })), (error) => {
        const failure =
          error instanceof Error
            ? error
            : Object.assign(new Error('a secret'), { code: (error as { code?: unknown })?.code });
        for (const each of [error, failure]) expect(failureReason(each)).toMatch(word);
      }),
    );
  });

  it('a secret renewal that throws leaves the file watched, and the next secret is used', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'secrets-'));
    const file = path.join(folder, 'secret');
    const write = (text: string): void => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    write('first');
    const states: string[] = [];
    const taken: string[] = [];
    const files = new SecretFiles([{ setting: 'STRIPE_SECRET_KEY', path: file, text: 'first' }], {
      apply(_, text) {
        if (text === 'throws') throw new Error('of a library');
        taken.push(text);
        return true;
      },
      onState: (_, state) => {
        states.push(state);
        if (state === 'refused') throw new Error('of the log');
      },
    });
    const until = async (seen: () => boolean): Promise<void> => {
      while (!seen()) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    write('throws');
    await until(() => states.includes('refused'));
    write('next');
    await until(() => taken.includes('next'));
    files.close();
    rmSync(folder, { recursive: true });
    expect(states).toEqual(['refused', 'renewed']);
  });
});

describe('a gateway whose secrets are in files', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'secrets-'));
  const fileOf = (setting: string): string => path.join(folder, setting);
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    for (const [setting, text] of Object.entries(goodSecrets)) writeFileSync(fileOf(setting), text);
    const { STRIPE_SECRET_KEY: _, ...environment } = upstreamAt(upstream.url);
    gateway = await startTestGateway({
      ...environment,
      AUTH_MODE: 'router',
      ...Object.fromEntries(Object.keys(goodSecrets).map((setting) => [`${setting}_FILE`, fileOf(setting)])),
    });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
    rmSync(folder, { recursive: true });
  });

  it.each(Object.keys(goodSecrets))(
    'a gateway with secrets in files keeps its secrets when a file changes to invalid content: %s',
    async (setting) => {
      for (const rubbish of ['\0\u202e%', 'redis://:a%b@c', '{}', 'x'.repeat(20_000), '\r\n']) {
        writeFileSync(fileOf(setting), rubbish);
        const create = await gateway.send(
          createEverything,
          { input: registration() },
          { 'x-router-secret': goodSecrets.ROUTER_SECRET },
        );
        expect(create.data.createCustomerEvaluation.errors).toEqual([]);
      }
      await gateway.logged(new RegExp(`"setting":"${setting}","state":"refused"`));
      expect(upstream.requests.at(-1)?.headers.authorization).toBe(`Bearer ${goodSecrets.STRIPE_SECRET_KEY}`);
      const lines = (await gateway.flushed()).filter((line) => line.includes(`"setting":"${setting}"`));
      expect(lines).toHaveLength(1);
    },
  );
});
