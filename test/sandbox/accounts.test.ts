import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal } from '../../src/sandbox/journal.ts';
import { Sandbox, sandboxKey } from '../../src/sandbox/sandbox.ts';

interface Answer {
  readonly status: number;
  readonly replayed: boolean;
  /** An evaluation, or an error. */
  readonly body: {
    readonly id: string;
    readonly status?: string;
    readonly error: { readonly code?: string; readonly message: string; readonly param?: string };
  };
}

const inAccount = (account: string) => ({ 'stripe-account': account });
const journal = new Journal();
const sandbox = new Sandbox({ journal });
let url: string;

beforeAll(async () => {
  url = await sandbox.listen('127.0.0.1', 0);
});
afterAll(() => sandbox.close());

async function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${sandboxKey}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const replayed = response.headers.get('idempotent-replayed') === 'true';
  return { status: response.status, replayed, body: (await response.json()) as Answer['body'] };
}

/** How each API does what both can. */
interface Api {
  create(headers: Record<string, string>, session?: string): Promise<Answer>;
  read(id: string, headers: Record<string, string>): Promise<Answer>;
  report(id: string, headers: Record<string, string>): Promise<Answer>;
}

const v1Path = '/v1/radar/customer_evaluations';
const v2Path = '/v2/signals/account_evaluations';
const form = { 'content-type': 'application/x-www-form-urlencoded', 'stripe-version': '2026-06-24.preview' };
const json = { 'content-type': 'application/json', 'stripe-version': '2026-09-30.preview' };

const apis: Readonly<Record<string, Api>> = {
  v1: {
    create: (headers, session = 'rse_1') =>
      send(
        'POST',
        v1Path,
        { ...form, ...headers },
        `event_type=login&evaluation_context[0][type]=client_details&evaluation_context[0][client_details][radar_session]=${session}`,
      ),
    read: (id, headers) => send('GET', `${v1Path}/${id}`, { ...form, ...headers }),
    report: (id, headers) =>
      send('POST', `${v1Path}/${id}/report`, { ...form, ...headers }, 'status=blocked'),
  },
  v2: {
    create: (headers, session = 'rse_1') => {
      const login_attempt = { client_details: { radar_session: session } };
      const body = {
        account_details: { customer: 'cus_1' },
        requested_signals: ['user_account_sharing'],
        account_activity_details: { data: { type: 'login_attempt', login_attempt } },
      };
      return send('POST', v2Path, { ...json, ...headers }, JSON.stringify(body));
    },
    read: (id, headers) => send('GET', `${v2Path}/${id}`, { ...json, ...headers }),
    report: (id, headers) => {
      const decision = { type: 'login_decision', login_decision: { status: 'blocked' } };
      const body = JSON.stringify({ ...decision, account_evaluation: id });
      return send('POST', '/v2/signals/account_activities', { ...json, ...headers }, body);
    },
  },
};

describe.each(Object.entries(apis))('accounts at the sandbox’s %s', (name, api) => {
  it('an id of another account gets the sandbox’s answer to an id that does not exist, word for word', async () => {
    const [own, other] = [inAccount('acct_1'), inAccount('acct_2')];
    const { body } = await api.create(own, 'rse_sandbox_read_delay_1');
    expect((await api.read(body.id, own)).status).toBe(200);
    expect((await api.report(body.id, own)).status).toBe(200);
    for (const foreign of [other, {}]) {
      expect(await api.read(body.id, foreign)).toEqual(await api.read('acctevl_0', foreign));
      expect(await api.report(body.id, foreign)).toEqual(await api.report('acctevl_0', foreign));
    }
  });

  it('a word for reads is not told of by the sandbox when another account reads the evaluation', async () => {
    const key = `read ${name}`;
    const { body } = await api.create(
      { ...inAccount('acct_1'), 'idempotency-key': key },
      'rse_sandbox_read_error_503',
    );
    expect((await api.read(body.id, inAccount('acct_1'))).status).toBe(503);
    const noted = journal.under(key).length;
    expect(await api.read(body.id, inAccount('acct_2'))).toEqual(
      await api.read('acctevl_0', inAccount('acct_2')),
    );
    expect(journal.under(key)).toHaveLength(noted);
  });

  it('the same idempotency key in two accounts is two calls to the sandbox', async () => {
    const before = sandbox.created;
    const create = (account: string, session = 'rse_1') =>
      api.create({ ...inAccount(account), 'idempotency-key': `key ${name}` }, session);
    const first = await create('acct_1');
    const second = await create('acct_2', 'rse_2');
    const again = await create('acct_1');
    expect([first, second, again].map(({ status, replayed }) => [status, replayed])).toEqual([
      [200, false],
      [200, false],
      [200, true],
    ]);
    expect(again.body.id).toBe(first.body.id);
    expect(second.body.id).not.toBe(first.body.id);
    expect(sandbox.created).toBe(before + 2);
  });

  it('a word for the first try strikes it in each account that calls the sandbox', async () => {
    const create = (account: string) =>
      api.create({ ...inAccount(account), 'idempotency-key': `once ${name}` }, 'rse_sandbox_once_down');
    const calls = [await create('acct_1'), await create('acct_2'), await create('acct_1')];
    expect(calls.map(({ status }) => status)).toEqual([503, 503, 200]);
  });

  it('an account is the last one of a context path, and a key’s own where no header names one', async () => {
    const { body } = await api.create({ 'stripe-context': 'org_1/acct_7' });
    const ways: Record<string, string>[] = [
      inAccount('acct_7'),
      { 'stripe-context': 'acct_7' },
      { authorization: 'Bearer sk_test_acct_7' },
      { authorization: 'Bearer rk_test_acct_7', ...inAccount('acct_7') },
    ];
    for (const headers of ways) expect((await api.read(body.id, headers)).status).toBe(200);
    for (const headers of [{ authorization: 'Bearer sk_test_acct_8' }, { 'stripe-context': 'acct_7/acct_8' }])
      expect((await api.read(body.id, headers)).body).toEqual((await api.read('acctevl_0', headers)).body);
  });

  it('an organization’s key is refused by the sandbox without an account in Stripe-Context', async () => {
    const authorization = 'Bearer sk_org_test_1';
    for (const headers of [{ authorization }, { authorization, ...inAccount('acct_1') }]) {
      const { status, body } = await api.create(headers);
      expect([status, body.error.message]).toEqual([400, expect.stringContaining('Stripe-Context')]);
    }
    expect((await api.create({ authorization, 'stripe-context': 'acct_1' })).status).toBe(200);
  });

  it('a key of one account is refused by the sandbox for another account', async () => {
    const headers = { authorization: 'Bearer sk_test_acct_1', ...inAccount('acct_2') };
    expect(await api.create(headers)).toMatchObject({
      status: 403,
      body: { error: { code: 'account_invalid' } },
    });
  });

  it('an account and a context in one request are refused by the sandbox', async () => {
    const refused = await api.create({ ...inAccount('acct_1'), 'stripe-context': 'acct_1' });
    const message = 'Stripe-Account and Stripe-Context cannot be in one request.';
    expect(refused).toMatchObject({ status: 400, body: { error: { message } } });
  });

  it('a word that the sandbox does not have is refused in an account’s id too, which is no parameter', async () => {
    const { status, body } = await api.create(inAccount('acct_sandbox_heighest'));
    expect(status).toBe(400);
    expect(body.error.message).toContain('sandbox_heighest');
    expect(body.error.param).toBeUndefined();
  });
});

describe('what the sandbox has for everybody', () => {
  it('the sandbox’s example is another one for each account: a report of one is not seen by another', async () => {
    const { v1 } = apis;
    expect((await v1?.report('ceval_example', inAccount('acct_1')))?.status).toBe(200);
    const statusIn = async (account: string): Promise<unknown> =>
      (await v1?.read('ceval_example', inAccount(account)))?.body.status;
    expect(await statusIn('acct_1')).toBe('blocked');
    expect(await statusIn('acct_2')).toBeUndefined();
  });
});
