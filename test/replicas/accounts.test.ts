import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type AccountUpstream, startAccountUpstream } from '../harness/account-upstream.ts';
import { type GatewayProcess, postGraphQL, spawnGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { type Balancer, missingNginx, startNginx } from '../harness/nginx.ts';
import { describeUnless } from '../harness/run-unless.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const createMutation = `mutation ($key: String) {
  createCustomerEvaluation(input: {
    eventType: LOGIN, idempotencyKey: $key, evaluationContext: [{ clientDetails: { radarSession: "rse_1" } }]
  }) { customerEvaluation { id } errors { code message path effect } }
}`;
const reportMutation = `mutation ($id: ID!) {
  reportCustomerEvaluation(input: { id: $id, report: { loginSucceeded: OCCURRED } }) {
    customerEvaluation { id } errors { code message path effect }
  }
}`;
const readQuery = 'query ($id: ID!) { customerEvaluation(id: $id) { id } }';

const accountClaim = 'https://shop.example/account';
const [noisy, quiet] = ['acct_noisy', 'acct_quiet'] as const;
type Account = typeof noisy | typeof quiet;
/** The calls in flight that a replica allows an account: a quarter of 12. */
const share = 3;

describeUnless(missingNginx(), 'two accounts on three replicas', () => {
  let upstream: AccountUpstream;
  let issuer: Issuer;
  let replicas: GatewayProcess[];
  let nginx: Balancer;
  let tokens: Readonly<Record<Account, string>>;

  beforeAll(async () => {
    [upstream, issuer] = await Promise.all([startAccountUpstream(), startIssuer()]);
    const environment = issuer.environment(
      upstreamAt(upstream.url, {
        STRIPE_API_VERSION: '2026-06-24.preview',
        STRIPE_ACCOUNTS: 'callers',
        JWT_STRIPE_ACCOUNT_CLAIM: accountClaim,
        UPSTREAM_MAX_CONCURRENCY: '12',
        // Long, so that hanging calls last until the test ends them.
        UPSTREAM_TIMEOUT_MS: '60000',
        UPSTREAM_DEADLINE_MS: '60000',
        MAX_EVENT_LOOP_DELAY_MS: '10000',
        RATE_LIMIT_PER_MINUTE: 'off',
        RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
        METRICS_PORT: '0',
      }),
    );
    replicas = await Promise.all([1, 2, 3].map(() => spawnGateway(environment)));
    nginx = await startNginx(replicas.map(({ url }) => Number(new URL(url).port)));
    // The same person is in both.
    tokens = {
      [noisy]: await issuer.token({ [accountClaim]: noisy }),
      [quiet]: await issuer.token({ [accountClaim]: quiet }),
    };
  });
  afterAll(async () => {
    await nginx.close();
    for (const replica of replicas) await replica.close();
    await issuer.close();
    await upstream.close();
  });

  const send = (
    account: Account,
    operation: string,
    variables: object,
    { to = nginx.url, headers = {} }: { to?: string | undefined; headers?: Record<string, string> } = {},
  ) => postGraphQL(to, operation, variables, { ...headers, authorization: `Bearer ${tokens[account]}` });

  /** The code that a call ends with; `OK` if it returns an evaluation. */
  async function outcomeOf(account: Account, to?: string): Promise<string> {
    const { data, errors } = await send(account, createMutation, {}, { to });
    const payload = data?.createCustomerEvaluation;
    if (payload?.customerEvaluation != null) return 'OK';
    return String(payload?.errors[0]?.code ?? errors?.[0]?.extensions['code']);
  }

  /** Makes forty calls of the quiet account, four at a time. Each must succeed at its first attempt. */
  async function expectQuietCallsToSucceed(): Promise<void> {
    upstream.forget();
    const outcomes: string[] = [];
    const client = async (): Promise<void> => {
      for (let call = 0; call < 10; call += 1) outcomes.push(await outcomeOf(quiet));
    };
    await Promise.all([client(), client(), client(), client()]);
    expect(outcomes).toEqual(Array.from({ length: 40 }, () => 'OK'));
    expect(upstream.keysOf(quiet)).toHaveLength(40);
    expect(new Set(upstream.keysOf(quiet)).size).toBe(40);
  }

  /** Keeps twelve calls of the noisy account in flight. Stopping returns how each of them ended. */
  function makeNoise(): () => Promise<Set<string>> {
    const outcomes = new Set<string>();
    let isOn = true;
    const client = async (): Promise<void> => {
      while (isOn) outcomes.add(await outcomeOf(noisy));
    };
    const clients = Array.from({ length: 12 }, client);
    return async () => {
      isOn = false;
      await Promise.all(clients);
      return outcomes;
    };
  }

  const accountsDownAt = async (replica: GatewayProcess): Promise<number> =>
    sumOf(await scrape(metricsUrl(replica)), 'customer_evaluations_stripe_accounts_down');

  it('a quiet account’s calls each succeed at the first attempt while a noisy account’s are throttled, then fail, then hang', async () => {
    const answers = (status: number) => (response: ServerResponse) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":{}}');

    upstream.treat(noisy, answers(429));
    const stopThrottled = makeNoise();
    while (upstream.keysOf(noisy).length < 3 * share) await delay(5);
    await expectQuietCallsToSucceed();
    expect(await stopThrottled()).toContain('UPSTREAM_RATE_LIMITED');

    upstream.treat(noisy, answers(503));
    const stopFailing = makeNoise();
    for (const replica of replicas) while ((await accountsDownAt(replica)) === 0) await delay(20);
    await expectQuietCallsToSucceed();
    for (const { url } of replicas) expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await stopFailing()).toContain('UPSTREAM_UNAVAILABLE');

    // Wait until the noisy account's circuit breakers are closed, so that its calls can hang.
    upstream.treat(noisy);
    for (const { url } of replicas) while ((await outcomeOf(noisy, url)) !== 'OK') await delay(50);

    const hanging = upstream.hold(noisy);
    const ended: string[] = [];
    const calls = Array.from({ length: 30 }, async () => ended.push(await outcomeOf(noisy)));
    // Each replica has as many in flight as it allows an account.
    while (hanging.held < 3 * share) await delay(5);
    await expectQuietCallsToSucceed();
    expect(hanging.held).toBe(3 * share);
    expect(ended.filter((outcome) => outcome !== 'OVERLOADED')).toEqual([]);
    hanging.release();
    await Promise.all(calls);
    expect(ended.filter((outcome) => outcome === 'OK').length).toBeGreaterThanOrEqual(3 * share);
  });

  it('the same key of the same person in two accounts is two evaluations on three replicas, and one within each account', async () => {
    const before = upstream.created;
    const idsIn = async (account: Account): Promise<Set<string>> => {
      const answers = await Promise.all(
        replicas.map(({ url }) => send(account, createMutation, { key: 'shared' }, { to: url })),
      );
      return new Set(answers.map(({ data }) => data.createCustomerEvaluation.customerEvaluation.id));
    };
    const [one, other] = await Promise.all([idsIn(noisy), idsIn(quiet)]);
    expect([one.size, other.size]).toEqual([1, 1]);
    expect(one).not.toEqual(other);
    expect(upstream.created).toBe(before + 2);
  });

  it('a token for one account cannot read, report on or replay what is another’s, whatever headers come with it', async () => {
    const made = await send(noisy, createMutation, { key: 'mine' });
    const { id } = made.data.createCustomerEvaluation.customerEvaluation;
    expect((await send(noisy, readQuery, { id })).data.customerEvaluation).toEqual({ id });
    upstream.forget();
    const headers = { 'x-caller-account': noisy, 'stripe-account': noisy, 'stripe-context': noisy };
    const asQuiet = async (operation: string, variables: object) => {
      const { status, data, errors } = await send(quiet, operation, variables, { headers });
      return { status, data, errors };
    };
    // The response is the same as for an id that does not exist.
    const read = await asQuiet(readQuery, { id });
    expect(read).toEqual(await asQuiet(readQuery, { id: 'ceval_none' }));
    expect(read.data.customerEvaluation).toBeNull();
    const report = await asQuiet(reportMutation, { id });
    expect(report).toEqual(await asQuiet(reportMutation, { id: 'ceval_none' }));
    expect(report.data.reportCustomerEvaluation).toMatchObject({ errors: [{ code: 'NOT_FOUND' }] });

    const before = upstream.created;
    const replay = await asQuiet(createMutation, { key: 'mine' });
    expect(replay.data.createCustomerEvaluation.customerEvaluation.id).not.toBe(id);
    expect(upstream.created).toBe(before + 1);
    expect(upstream.keysOf(noisy)).toEqual([]);
  });
});
