import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Sandbox, sandboxKey } from '../../src/sandbox/sandbox.ts';
import { Evaluations } from '../../src/sandbox/v1/evaluations.ts';
import { IdempotencyKeys } from '../../src/sandbox/v1/idempotency.ts';

let sandbox: Sandbox;
let url: string;

beforeAll(async () => {
  sandbox = new Sandbox();
  url = await sandbox.listen('127.0.0.1', 0);
});
afterAll(() => sandbox.close());

async function create(
  key: string,
  session: string,
): Promise<{ status: number; replayed: boolean; body: unknown }> {
  const response = await fetch(`${url}/v1/radar/customer_evaluations`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Bearer ${sandboxKey}`,
      'idempotency-key': key,
    },
    body: `event_type=login&evaluation_context[0][type]=client_details&evaluation_context[0][client_details][radar_session]=${session}`,
  });
  return {
    status: response.status,
    replayed: response.headers.get('idempotent-replayed') === 'true',
    body: await response.json(),
  };
}

describe('an idempotency key at the sandbox', () => {
  it('an idempotency key at the sandbox makes a retry return the first response, and happen once', async () => {
    const before = sandbox.created;
    const first = await create('repeat', 'rse_1');
    const second = await create('repeat', 'rse_1');
    expect(first).toMatchObject({ status: 200, replayed: false });
    expect(second).toEqual({ ...first, replayed: true });
    expect(sandbox.created).toBe(before + 1);
  });

  it('an idempotency key at the sandbox cannot be used with other parameters', async () => {
    await create('conflict', 'rse_1');
    expect(await create('conflict', 'rse_2')).toMatchObject({
      status: 400,
      replayed: false,
      body: { error: { type: 'idempotency_error' } },
    });
  });

  it('an idempotency key at the sandbox answers 409 while the first request is in progress, and its response afterwards', async () => {
    const before = sandbox.created;
    const send = () => create('in-flight', 'rse_sandbox_delay_300');
    const [one, other] = await Promise.all([send(), send()]);
    expect([one.status, other.status].sort()).toEqual([200, 409]);
    const { body } = one.status === 200 ? one : other;
    expect(await send()).toEqual({ status: 200, replayed: true, body });
    expect(sandbox.created).toBe(before + 1);
  });

  it('an idempotency key at the sandbox keeps a 500, since the work had started', async () => {
    const first = await create('failed', 'rse_sandbox_error_500');
    expect(first).toMatchObject({ status: 500, replayed: false });
    expect(await create('failed', 'rse_sandbox_error_500')).toEqual({ ...first, replayed: true });
  });

  it.each([
    { what: 'a refused parameter', session: '', status: 400 },
    { what: 'a limit', session: 'rse_sandbox_error_429', status: 429 },
  ])(
    'an idempotency key at the sandbox keeps nothing of $what, since the work had not started',
    async ({ session, status }) => {
      expect(await create(`unkept ${status}`, session)).toMatchObject({ status, replayed: false });
      expect(await create(`unkept ${status}`, 'rse_1')).toMatchObject({ status: 200, replayed: false });
    },
  );

  it('an idempotency key at the sandbox is at most 255 characters long', async () => {
    expect((await create('k'.repeat(255), 'rse_1')).status).toBe(200);
    expect((await create('k'.repeat(256), 'rse_1')).status).toBe(400);
  });
});

describe('the sandbox’s memory', () => {
  it('the sandbox’s memory holds a bounded number of evaluations, the newest', () => {
    const evaluations = new Evaluations(2);
    const ids = ['a', 'b', 'c'].map((customer) => {
      const entry = { type: 'customer_details' as const, customer_details: { customer } };
      const params = { event_type: 'login' as const, evaluation_context: [entry] };
      // The limit applies to all accounts together.
      const account = `acct_${customer}`;
      return evaluations.create(account, { params, magic: { delayMs: 0 }, livemode: false }).id;
    });
    const find = (id: string, index: number) => evaluations.get(`acct_${'abc'[index]}`, id);
    expect(ids.map(find).map((found) => found?.['customer'])).toEqual([undefined, 'b', 'c']);
    expect(evaluations.created).toBe(3);
  });

  it('the sandbox’s memory holds a bounded number of keys, even with many requests in progress', async () => {
    const keys = new IdempotencyKeys(1);
    let works = 0;
    const work = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      works += 1;
      return { status: 200, body: {} };
    };
    const use = (key: string) => keys.run(key, 'the request', work);
    await Promise.all(['a', 'b', 'c'].map(use));
    expect(works).toBe(3);
    for (const key of ['a', 'b', 'c']) await use(key);
    expect(works).toBeGreaterThanOrEqual(5);
  });
});
