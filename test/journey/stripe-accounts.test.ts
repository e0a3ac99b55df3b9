import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { accountsOfCallers, inAccount } from '../harness/callers-accounts.ts';
import { registrationAnswer } from '../harness/evaluations.ts';
import { type ProcessOptions, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { startIssuer } from '../harness/issuer.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';
import { sharedGateways } from '../harness/shared-gateways.ts';

const mutation = `mutation ($key: String) {
  createCustomerEvaluation(input: {
    eventType: REGISTRATION, idempotencyKey: $key, evaluationContext: [{ clientDetails: { radarSession: "rse_1" } }]
  }) { customerEvaluation { id } errors { code } }
}`;

let upstream: RecordingUpstream;
/** The gateway that `create` calls. */
let gateway: TestGateway | undefined;
/** The gateway of a single test. */
let started: TestGateway | undefined;
const gatewayWith = sharedGateways();

beforeAll(async () => {
  upstream = await startRecordingUpstream();
});
afterAll(() => upstream.close());
beforeEach(() => {
  upstream.requests.length = 0;
  upstream.answer(200, registrationAnswer);
});
afterEach(async () => {
  await started?.close();
  gateway = started = undefined;
});

const environment = (settings: Record<string, string> = {}): Record<string, string> =>
  upstreamAt(upstream.url, { ...accountsOfCallers, ...settings });

/** Starts a gateway whose router sends an account for each caller. */
async function start(settings: Record<string, string> = {}, options?: ProcessOptions): Promise<TestGateway> {
  gateway = started = await startTestGateway(environment(settings), options);
  return started;
}

/** The same for tests that can share one. */
async function share(): Promise<void> {
  gateway = await gatewayWith(environment());
}

async function create(account: string | undefined, key?: string) {
  if (gateway === undefined) throw new Error('no gateway');
  return gateway.send(mutation, { key }, inAccount(account));
}
const outcomeOf = async (account: string): Promise<string> => {
  const { data } = await create(account);
  return data.createCustomerEvaluation.errors[0]?.code ?? 'OK';
};
const accountsSent = () => upstream.requests.map(({ headers }) => headers['stripe-account']);
const sentFor = (account: string): number => accountsSent().filter((each) => each === account).length;

/** Responds differently for each account. */
function answerBy(accounts: Record<string, (response: ServerResponse) => void>): void {
  upstream.handle((response, { headers }) => {
    const special = accounts[String(headers['stripe-account'])];
    if (special !== undefined) return special(response);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(registrationAnswer));
  });
}
const fail = (response: ServerResponse): void => {
  response.writeHead(503, { 'content-type': 'application/json' }).end('{}');
};
const hang = (): void => undefined;

describe('the Stripe account of a call', () => {
  it('an account that the router names is sent as Stripe-Account, and a context path as Stripe-Context', async () => {
    await share();
    await create('acct_1');
    await create('org_1/acct_2');
    expect(
      upstream.requests.map(({ headers }) => [headers['stripe-account'], headers['stripe-context']]),
    ).toEqual([
      ['acct_1', undefined],
      [undefined, 'org_1/acct_2'],
    ]);
  });

  it('an account is sent as Stripe-Context under an organization’s key, which belongs to no account', async () => {
    const own = await start({ STRIPE_SECRET_KEY: 'sk_org_test_canary' });
    await create('acct_1');
    await create('acct_1/acct_2');
    const sent = upstream.requests.map(({ headers }) => headers);
    expect(sent.map((headers) => headers['stripe-context'])).toEqual(['acct_1', 'acct_1/acct_2']);
    expect(accountsSent()).toEqual([undefined, undefined]);
    expect(sent[0]?.authorization).toBe('Bearer sk_org_test_canary');
    expect((await own.flushed()).join('\n')).not.toContain('canary');
  });

  it('an account whose own key is an organization’s is sent as Stripe-Context', async () => {
    const keys = mkdtempSync(path.join(tmpdir(), 'keys-'));
    writeFileSync(path.join(keys, 'acct_1'), 'sk_org_test_canary');
    await start({ STRIPE_SECRET_KEYS_DIR: keys });
    await create('acct_1');
    expect(upstream.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer sk_org_test_canary',
      'stripe-context': 'acct_1',
    });
    expect(accountsSent()).toEqual([undefined]);
    rmSync(keys, { recursive: true });
  });

  it('a caller without an account is refused with FORBIDDEN before anything is sent', async () => {
    await share();
    const { status, errors } = await create(undefined);
    expect(status).toBe(403);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', effect: 'NONE', retryable: false } }]);
    expect(upstream.requests).toEqual([]);
  });

  it('a caller without an account uses the configured one', async () => {
    await start({ STRIPE_CONTEXT: 'org_1/acct_9' });
    await create(undefined);
    expect(upstream.requests[0]?.headers).toMatchObject({ 'stripe-context': 'org_1/acct_9' });
    expect(accountsSent()).toEqual([undefined]);
  });

  it.each(['', ' ', 'acct 1', 'acct_1\u00e9', '../acct_1', 'acct_1/', 'a'.repeat(300)])(
    'a router that sends %j as the account is refused',
    async (account) => {
      await share();
      expect((await create(account)).status).toBe(401);
      expect(upstream.requests).toEqual([]);
    },
  );

  it('a gateway for one account ignores x-caller-account', async () => {
    await start({ STRIPE_ACCOUNTS: 'one', STRIPE_ACCOUNT: 'acct_9' });
    await create('acct_1');
    expect(accountsSent()).toEqual(['acct_9']);
  });

  it('a token names the account in its claim, and a token with no or an invalid account is refused', async () => {
    const issuer = await startIssuer();
    gateway = started = await startTestGateway(
      upstreamAt(upstream.url, {
        AUTH_MODE: 'jwt',
        JWT_JWKS_URL: `${issuer.url}/keys`,
        JWT_ISSUER: issuer.url,
        JWT_AUDIENCE: 'gateway',
        STRIPE_ACCOUNTS: 'callers',
        JWT_STRIPE_ACCOUNT_CLAIM: 'https://shop.example/account',
      }),
    );
    const statusWith = async (claims: object): Promise<number> => {
      const token = await issuer.token({ scope: 'evaluations:create', ...claims });
      return (await gateway?.send(mutation, {}, { authorization: `Bearer ${token}` }))?.status ?? 0;
    };
    expect(await statusWith({ 'https://shop.example/account': 'acct_1' })).toBe(200);
    expect(await statusWith({})).toBe(403);
    expect(await statusWith({ 'https://shop.example/account': 7 })).toBe(401);
    expect(accountsSent()).toEqual(['acct_1']);
    await issuer.close();
  });

  it('the same client key in two accounts is two evaluations, and twice in one account is one', async () => {
    await share();
    await create('acct_1', 'key');
    await create('acct_2', 'key');
    await create('acct_1', 'key');
    const [first, second, again] = upstream.requests.map(({ headers }) => headers['idempotency-key']);
    expect(second).not.toBe(first);
    expect(again).toBe(first);
  });

  it('the log names the account of a failure, and metrics name only those of METRICS_ACCOUNTS', async () => {
    const own = await start({ METRICS_PORT: '0', METRICS_ACCOUNTS: 'acct_1, acct_9', LOG_LEVEL: 'info' });
    const refused = JSON.stringify({ error: { type: 'invalid_request_error' } });
    answerBy({ acct_2: (response) => void response.writeHead(401).end(refused) });
    expect(await outcomeOf('acct_1')).toBe('OK');
    expect(await outcomeOf('acct_2')).toBe('UPSTREAM_REFUSED');
    const samples = await scrape(metricsUrl(own));
    const attempts = (labels: Record<string, string>) =>
      sumOf(samples, 'customer_evaluations_account_attempts_total', labels);
    expect([attempts({ account: 'acct_1' }), attempts({ account: 'other' })]).toEqual([1, 1]);
    expect(attempts({ account: 'acct_2' })).toBe(0);
    const failure = (await own.flushed()).find((line) => line.includes('customer evaluation failed'));
    expect(JSON.parse(failure ?? '{}')).toMatchObject({ stripeAccount: 'acct_2', level: 'error' });
  });
});

describe('accounts that share a gateway', () => {
  it('an account whose calls fail opens its own breaker and takes no attempt from another', async () => {
    const own = await start({ UPSTREAM_MAX_ATTEMPTS: '1' });
    answerBy({ acct_down: fail });
    await Promise.all(Array.from({ length: 12 }, () => outcomeOf('acct_down')));
    const failed = sentFor('acct_down');
    expect(await outcomeOf('acct_down')).toBe('UPSTREAM_UNAVAILABLE');
    expect(sentFor('acct_down')).toBe(failed);
    for (let call = 0; call < 20; call += 1) expect(await outcomeOf('acct_up')).toBe('OK');
    expect(sentFor('acct_up')).toBe(20);
    expect((await fetch(`${own.url}/readyz`)).status).toBe(200);
    await own.logged(/"stripeAccount":"acct_down".*the circuit breaker to the upstream is open/);
  });

  it('an outage of all accounts counts as an outage of the upstream', async () => {
    const own = await start({ UPSTREAM_MAX_ATTEMPTS: '1' });
    answerBy({ acct_1: fail, acct_2: fail });
    await Promise.all(Array.from({ length: 24 }, (_, call) => outcomeOf(`acct_${1 + (call % 2)}`)));
    expect((await fetch(`${own.url}/readyz`)).status).toBe(503);
  });

  it('an account that hangs holds no more than its share of the calls in flight', async () => {
    await start({ UPSTREAM_MAX_CONCURRENCY: '4', UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT: '2' });
    answerBy({ acct_stuck: hang });
    const stuck = Array.from({ length: 6 }, () => outcomeOf('acct_stuck').catch(() => 'cut off'));
    while (sentFor('acct_stuck') < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let call = 0; call < 10; call += 1) expect(await outcomeOf('acct_up')).toBe('OK');
    expect(sentFor('acct_stuck')).toBe(2);
    answerBy({});
    await started?.close();
    started = undefined;
    await Promise.all(stuck);
  });

  it('an account that uses up its retries does not affect those of another', async () => {
    await start();
    answerBy({ acct_down: fail });
    for (let call = 0; call < 8; call += 1) await outcomeOf('acct_down');
    let failures = 1;
    answerBy({
      acct_up: (response) => {
        failures -= 1;
        if (failures >= 0) fail(response);
        else response.setHeader('content-type', 'application/json').end(JSON.stringify(registrationAnswer));
      },
    });
    expect(await outcomeOf('acct_up')).toBe('OK');
    expect(sentFor('acct_up')).toBe(2);
  });

  it('an account over its rate limit does not delay another account’s calls', async () => {
    await start({ UPSTREAM_MAX_PER_SECOND: '2' });
    const many = Array.from({ length: 8 }, () => outcomeOf('acct_busy'));
    while (sentFor('acct_busy') < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await Promise.all([outcomeOf('acct_calm'), outcomeOf('acct_calm')])).toEqual(['OK', 'OK']);
    // The calls of the busy account still wait for their turn.
    expect(sentFor('acct_busy')).toBeLessThan(8);
    await Promise.all(many);
  });
});

describe('keys of single accounts', () => {
  let directory: string;
  const write = (account: string, key: string): void => writeFileSync(path.join(directory, account), key);
  const keySent = (): unknown => upstream.requests.at(-1)?.headers.authorization;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'keys-'));
    write('acct_1', 'sk_test_one\n');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('an account with its own key is called with it, and without Stripe-Account', async () => {
    await start({ STRIPE_SECRET_KEYS_DIR: directory });
    expect(await outcomeOf('acct_1')).toBe('OK');
    expect([keySent(), accountsSent()]).toEqual(['Bearer sk_test_one', [undefined]]);
  });

  it('an account without a key is refused, and the log names it', async () => {
    const own = await start({ STRIPE_SECRET_KEYS_DIR: directory });
    expect(await outcomeOf('acct_2')).toBe('UPSTREAM_REFUSED');
    expect(upstream.requests).toEqual([]);
    await own.logged(/STRIPE_SECRET_KEYS_DIR has no key for acct_2/);
  });

  it('an account without a key is not reached by a context path either, but for the configured one', async () => {
    await start({ STRIPE_SECRET_KEYS_DIR: directory, STRIPE_CONTEXT: 'org_1/acct_9' });
    for (const account of ['org_1/acct_2', 'acct_2/acct_2', 'ACCT_2', `acct_${'a'.repeat(70)}`]) {
      expect([account, await outcomeOf(account)]).toEqual([account, 'UPSTREAM_REFUSED']);
    }
    expect(upstream.requests).toEqual([]);
    expect(await outcomeOf('org_1/acct_9')).toBe('OK');
    expect(upstream.requests[0]?.headers).toMatchObject({ 'stripe-context': 'org_1/acct_9' });
  });

  it('a context path uses the one key if the setting allows it for accounts without a key', async () => {
    await start({ STRIPE_SECRET_KEYS_DIR: directory, STRIPE_ACCOUNTS_WITHOUT_KEY: 'use-one-key' });
    expect(await outcomeOf('org_1/acct_2')).toBe('OK');
    expect(upstream.requests[0]?.headers).toMatchObject({ 'stripe-context': 'org_1/acct_2' });
  });

  it('an account without a key uses the one key if the setting allows it', async () => {
    await start({ STRIPE_SECRET_KEYS_DIR: directory, STRIPE_ACCOUNTS_WITHOUT_KEY: 'use-one-key' });
    expect(await outcomeOf('acct_2')).toBe('OK');
    expect(accountsSent()).toEqual(['acct_2']);
  });

  it('a file without a valid key is refused even if the one key may be used', async () => {
    write('acct_2', 'not a key');
    const own = await start({
      STRIPE_SECRET_KEYS_DIR: directory,
      STRIPE_ACCOUNTS_WITHOUT_KEY: 'use-one-key',
    });
    expect(await outcomeOf('acct_2')).toBe('UPSTREAM_REFUSED');
    expect(upstream.requests).toEqual([]);
    await own.logged(/an account’s key file does not contain a valid test key/);
    expect((await own.flushed()).join('')).not.toContain('not a key');
  });

  it('a live key beside a test key in STRIPE_SECRET_KEY is refused, and replaces no key, because the gateway says that it is in test mode', async () => {
    write('acct_2', 'sk_live_canary');
    const own = await start({ STRIPE_SECRET_KEYS_DIR: directory });
    expect(await outcomeOf('acct_2')).toBe('UPSTREAM_REFUSED');
    expect(upstream.requests).toEqual([]);
    expect(await outcomeOf('acct_1')).toBe('OK');
    write('acct_1', 'sk_live_canary');
    const refusals = () => own.log.filter((line) => line.includes('does not contain a valid test key'));
    while (refusals().length < 2) expect(await outcomeOf('acct_1')).toBe('OK');
    expect(keySent()).toBe('Bearer sk_test_one');
    expect(refusals().map((line) => JSON.parse(line).stripeAccount)).toEqual(['acct_2', 'acct_1']);
  });

  it('a named pipe in place of an account’s key file is refused, and does not keep the gateway from ending', async () => {
    execFileSync('mkfifo', [path.join(directory, 'acct_2')]);
    const own = await start({ STRIPE_SECRET_KEYS_DIR: directory });
    const outcome = await Promise.race([outcomeOf('acct_2'), delay(10_000, 'no answer')]);
    if (outcome === 'no answer') own.child.kill('SIGKILL');
    expect(outcome).toBe('UPSTREAM_REFUSED');
  });

  it('a key that is added, changed, corrupted or removed during calls takes effect without a restart', async () => {
    const own = await start({ STRIPE_SECRET_KEYS_DIR: directory });
    const until = async (wanted: string): Promise<void> => {
      for (;;) {
        const outcome = await outcomeOf('acct_1');
        if ((outcome === 'OK' ? keySent() : outcome) === wanted) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await until('Bearer sk_test_one');
    write('acct_1', 'sk_test_two');
    await until('Bearer sk_test_two');
    // An invalid file does not replace the key in use.
    write('acct_1', 'sk_te');
    while (!own.log.some((line) => line.includes('does not contain a valid test key'))) {
      expect(await outcomeOf('acct_1')).toBe('OK');
    }
    expect(keySent()).toBe('Bearer sk_test_two');
    unlinkSync(path.join(directory, 'acct_1'));
    await until('UPSTREAM_REFUSED');
    write('acct_1', 'sk_test_three');
    await until('Bearer sk_test_three');
    expect((await own.flushed()).join('')).not.toMatch(/sk_test_(one|two|three)/);
  });

  it('an account’s key file is logged each time that it is corrupted, restored or removed', async () => {
    const own = await start({ STRIPE_SECRET_KEYS_DIR: directory });
    const lines = () => own.log.filter((line) => line.includes('"setting":"STRIPE_SECRET_KEYS_DIR"'));
    const make = async (change: () => void): Promise<void> => {
      const before = lines().length;
      await outcomeOf('acct_1');
      change();
      while (lines().length === before) {
        await outcomeOf('acct_1');
        await delay(50);
      }
    };
    await make(() => write('acct_1', 'broken'));
    await make(() => write('acct_1', 'sk_test_one'));
    await make(() => write('acct_1', 'broken again'));
    await make(() => unlinkSync(path.join(directory, 'acct_1')));
    const told = lines().map((line) => JSON.parse(line));
    expect(told.map(({ state }) => state)).toEqual(['refused', 'restored', 'refused', 'removed']);
    expect(told.at(-1)).toMatchObject({ msg: 'an account’s key file is removed', stripeAccount: 'acct_1' });
  });

  it.each<{ change: string; account: string; make: () => void; outcomes: string[]; keys: string[] }>([
    {
      change: 'changed',
      account: 'acct_1',
      make: () => write('acct_1', 'sk_test_two'),
      outcomes: ['OK', 'OK', 'OK'],
      keys: ['Bearer sk_test_two', 'Bearer sk_test_two', 'Bearer sk_test_two'],
    },
    {
      change: 'removed',
      account: 'acct_1',
      make: () => unlinkSync(path.join(directory, 'acct_1')),
      outcomes: ['UPSTREAM_REFUSED', 'UPSTREAM_REFUSED', 'UPSTREAM_REFUSED'],
      keys: [],
    },
    {
      change: 'added',
      account: 'acct_2',
      make: () => write('acct_2', 'sk_test_two'),
      outcomes: ['OK', 'OK', 'OK'],
      keys: ['Bearer sk_test_two', 'Bearer sk_test_two', 'Bearer sk_test_two'],
    },
  ])(
    'a key that is $change while its account makes no calls takes effect on the first calls after the pause',
    async ({ account, make, outcomes, keys }) => {
      const own = await start({ STRIPE_SECRET_KEYS_DIR: directory }, { movableClock: true });
      await outcomeOf(account);
      upstream.requests.length = 0;
      make();
      await own.moveClock({ monotonicMs: 3_600_000 });
      expect(await Promise.all(outcomes.map(() => outcomeOf(account)))).toEqual(outcomes);
      expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual(keys);
    },
  );
});
