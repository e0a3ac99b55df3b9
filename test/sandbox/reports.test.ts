import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Sandbox, sandboxKey } from '../../src/sandbox/sandbox.ts';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly id: string;
    readonly status: string;
    readonly customer: string;
    readonly events: readonly object[];
    readonly error: {
      readonly type: string;
      readonly code?: string;
      readonly param?: string;
      readonly message: string;
    };
  };
}

const events = '2026-03-04.preview';
const outcomes = '2026-05-27.preview';
const retrieval = '2026-06-24.preview';

describe('the sandbox’s reports and retrievals', () => {
  const sandbox = new Sandbox();
  let base: string;

  beforeAll(async () => {
    base = `${await sandbox.listen('127.0.0.1', 0)}/v1/radar/customer_evaluations`;
  });
  afterAll(() => sandbox.close());

  async function call(
    path: string,
    version: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${base}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${sandboxKey}`,
        'stripe-version': version,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  async function create(eventType: string): Promise<string> {
    const form = `event_type=${eventType}&evaluation_context[0][type]=client_details&evaluation_context[0][client_details][radar_session]=rse_1`;
    return (await call('', events, form)).body.id;
  }

  it('the sandbox’s reports and retrievals find an example from the start, which does not count as created', async () => {
    const fresh = new Sandbox({ capacity: 1 });
    const shared = base;
    base = `${await fresh.listen('127.0.0.1', 0)}/v1/radar/customer_evaluations`;
    await create('login');
    await create('login');
    expect(fresh.created).toBe(2);
    expect((await call('/ceval_example/report', outcomes, 'status=allowed')).status).toBe(200);
    expect((await call('/ceval_example', retrieval)).body).toMatchObject({
      id: 'ceval_example',
      event_type: 'login',
      customer: 'cus_1',
      status: 'allowed',
    });
    await fresh.close();
    base = shared;
  });

  it('the sandbox’s reports and retrievals append an event with its reason, in the older dialect', async () => {
    const id = await create('login');
    await call(`/${id}/report`, events, 'type=login_failed&login_failed[reason]=other');
    const { status, body } = await call(`/${id}/report`, events, 'type=login_success');
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, object: 'radar.customer_evaluation' });
    expect(body.events).toEqual([
      { type: 'login_failed', occurred_at: expect.any(Number), login_failed: { reason: 'other' } },
      { type: 'login_success', occurred_at: expect.any(Number) },
    ]);
  });

  it('the sandbox’s reports and retrievals attach a customer, in both dialects', async () => {
    const first = await create('registration');
    const form = 'type=registration_success&registration_success[customer]=cus_1';
    expect((await call(`/${first}/report`, events, form)).body.customer).toBe('cus_1');
    const second = await create('registration');
    expect((await call(`/${second}/report`, outcomes, 'customer=cus_2')).body.customer).toBe('cus_2');
  });

  it('the sandbox’s reports and retrievals set a status, in the newer dialect, and a retrieval shows it', async () => {
    const id = await create('login');
    const reported = await call(`/${id}/report`, outcomes, 'status=restricted');
    expect(reported.body).toMatchObject({ id, status: 'restricted', events: null });
    expect((await call(`/${id}`, retrieval)).body.status).toBe('restricted');
  });

  it('the sandbox’s reports and retrievals show events to a retrieval that expands them, and to no other', async () => {
    const id = await create('login');
    await call(`/${id}/report`, events, 'type=login_success');
    expect((await call(`/${id}`, retrieval)).body.events).toBeNull();
    for (const query of ['expand[]=events', 'expand[0]=events', 'expand%5B%5D=events&expand[]=signals']) {
      expect((await call(`/${id}?${query}`, retrieval)).body.events).toHaveLength(1);
    }
  });

  it.each([
    [events, '', 'parameter_missing', 'type'],
    [events, 'type=party', 'parameter_invalid', 'type'],
    [events, 'status=allowed', 'parameter_missing', 'type'],
    [events, 'type=login_success&status=allowed', 'parameter_unknown', 'status'],
    [events, 'type=login_failed', 'parameter_missing', 'login_failed'],
    [events, 'type=login_failed&login_failed[reason]=rain', 'parameter_invalid', 'login_failed[reason]'],
    [events, 'type=login_success&login_failed[reason]=other', 'parameter_unknown', 'login_failed'],
    [
      events,
      'type=registration_success&registration_success[customer]=',
      'parameter_invalid_empty',
      'registration_success[customer]',
    ],
    [outcomes, 'type=login_success', 'parameter_unknown', 'type'],
    [outcomes, 'status=fired', 'parameter_invalid', 'status'],
    [outcomes, 'customer=', 'parameter_invalid_empty', 'customer'],
    [outcomes, 'expand[]=shoes', 'parameter_invalid', 'expand[0]'],
  ])(
    'the sandbox’s reports and retrievals refuse, with %s, %j as %s of %s',
    async (version, form, code, param) => {
      const id = await create('login');
      const { status, body } = await call(`/${id}/report`, version, form);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ type: 'invalid_request_error', code, param });
    },
  );

  it('the sandbox’s reports and retrievals do not find an evaluation that was never made, however long its id', async () => {
    for (const id of ['ceval_none', 'c'.repeat(200)]) {
      const answers = [
        await call(`/${id}/report`, outcomes, 'status=allowed'),
        await call(`/${id}`, retrieval),
      ];
      for (const { status, body } of answers) {
        expect(status).toBe(404);
        expect(body.error).toMatchObject({ code: 'resource_missing', param: 'id' });
      }
    }
  });

  it('the sandbox’s reports and retrievals have no URL for retrievals before June 2026', async () => {
    const { status, body } = await call(`/${await create('login')}`, outcomes);
    expect(status).toBe(404);
    expect(body.error.code).toBeUndefined();
    expect(body.error.message).toMatch(/^Unrecognized request URL/);
  });

  it('the sandbox’s reports and retrievals happen once for a key, and refuse the key to another report', async () => {
    const id = await create('login');
    const key = { 'idempotency-key': 'key 1' };
    const first = await call(`/${id}/report`, events, 'type=login_success', key);
    expect(await call(`/${id}/report`, events, 'type=login_success', key)).toEqual(first);
    const { body } = await call(`/${id}?expand[]=events`, retrieval);
    expect(body.events).toHaveLength(1);
    const other = await call(`/${id}/report`, events, 'type=login_failed&login_failed[reason]=other', key);
    expect(other.body.error.type).toBe('idempotency_error');
  });

  it('the sandbox’s reports and retrievals fail according to the words in an id or a customer', async () => {
    expect((await call('/ceval_sandbox_error_503', retrieval)).status).toBe(503);
    const id = await create('login');
    expect(
      (await call(`/${id}/report`, outcomes, 'customer=cus_sandbox_error_400')).body.error,
    ).toMatchObject({
      code: 'parameter_invalid_string',
      param: 'customer',
    });
    expect((await call('/ceval_sandbox_nonsense', retrieval)).body.error.param).toBe('id');
  });
});
