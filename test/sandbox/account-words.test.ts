import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountsOfCallers, inAccount } from '../harness/callers-accounts.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { orderOfEnds } from '../harness/order.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

// On v2, signals arrive later by default. v1 has no such word.
const customers: Readonly<Record<string, string>> = { v1: 'cus_1', v2: 'cus_sandbox_complete_at_once' };
const creating = (customer: string): string => `mutation {
  createCustomerEvaluation(input: {
    eventType: LOGIN
    evaluationContext: [{ clientDetails: { radarSession: "rse_1" } }, { customerDetails: { customer: "${customer}" } }]
  }) {
    customerEvaluation { id signals { ... on LoginSignals { accountSharing { score } } } }
    errors { code }
  }
}`;
const reportMutation = `mutation {
  reportCustomerEvaluation(input: { id: "ceval_example", report: { loginSucceeded: OCCURRED } }) { errors { code } }
}`;
const readQuery = '{ customerEvaluation(id: "ceval_example") { id } }';

describe.each(['v1', 'v2'])('an account whose id has a word of the sandbox, on %s', (api) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      ...accountsOfCallers,
      STRIPE_API: api,
      UPSTREAM_MAX_ATTEMPTS: '1',
      METRICS_PORT: '0',
      ...(api === 'v1' ? { STRIPE_API_VERSION: '2026-06-24.preview' } : {}),
    });
  });
  afterAll(() => gateway.close());

  const send = (account: string, operation: string, headers: Record<string, string> = {}) =>
    gateway.send(operation, {}, { ...inAccount(account), ...headers });
  const create = async (account: string, headers?: Record<string, string>) =>
    (await send(account, creating(customers[api] ?? ''), headers)).data.createCustomerEvaluation;
  const worked = { customerEvaluation: { id: expect.any(String) }, errors: [] };

  it.each([
    { word: 'error_429', code: 'UPSTREAM_RATE_LIMITED' },
    { word: 'error_401', code: 'UPSTREAM_REFUSED' },
    { word: 'error_403', code: 'UPSTREAM_REFUSED' },
    { word: 'error_503', code: 'UPSTREAM_UNAVAILABLE' },
    { word: 'down', code: 'UPSTREAM_UNAVAILABLE' },
    { word: 'reset', code: 'UPSTREAM_UNAVAILABLE' },
    { word: 'html', code: 'UPSTREAM_INVALID_RESPONSE' },
    { word: 'heighest', code: 'UPSTREAM_REFUSED' },
  ])('an account acct_sandbox_$word gets $code, and no other account does', async ({ word, code }) => {
    const [special, usual] = await Promise.all([create(`acct_sandbox_${word}`), create('acct_1')]);
    expect(special).toEqual({ customerEvaluation: null, errors: [{ code }] });
    expect(usual).toMatchObject(worked);
  });

  it('an account acct_sandbox_hang waits until its time is up, and meanwhile the calls of another are answered', async () => {
    const hanging = create('acct_sandbox_hang', { 'x-request-timeout-ms': '1500' });
    const ends = await orderOfEnds({ hanging, usual: Promise.all([create('acct_1'), create('acct_1')]) });
    expect(ends).toEqual(['usual', 'hanging']);
    expect((await hanging).errors).toEqual([{ code: 'UPSTREAM_TIMEOUT' }]);
  });

  it('an account whose id has a word gets it at every call: to create, to report and to read', async () => {
    const account = 'acct_2_sandbox_error_403';
    expect((await create(account)).errors).toEqual([{ code: 'UPSTREAM_REFUSED' }]);
    const { data } = await send(account, reportMutation);
    expect(data.reportCustomerEvaluation.errors).toEqual([{ code: 'UPSTREAM_REFUSED' }]);
    const { errors } = await send(account, readQuery);
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_REFUSED' } }]);
  });

  it('an account acct_sandbox_highest has that score, and a word in a call’s own input comes before it', async () => {
    const scoreOf = async (account: string, operation: string): Promise<unknown> => {
      const { customerEvaluation } = (await send(account, operation)).data.createCustomerEvaluation;
      return customerEvaluation.signals.accountSharing.score;
    };
    expect(await scoreOf('acct_sandbox_highest', creating('cus_1'))).toBe(87.5);
    expect(await scoreOf('acct_sandbox_highest', creating('cus_sandbox_low'))).toBe(3);
  });

  it('an account that is down for long opens its own circuit breaker, and the gateway stays ready', async () => {
    for (let call = 0; call < 12; call += 1) await create('acct_3_sandbox_down');
    const samples = await scrape(metricsUrl(gateway));
    expect(sumOf(samples, 'customer_evaluations_stripe_accounts_down')).toBe(1);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect(await create('acct_1')).toMatchObject(worked);
  });
});
