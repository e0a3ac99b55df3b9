import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sandboxFaults } from '../../src/sandbox/faults.ts';
import { casesOf } from '../../src/sandbox/magic-request.ts';
import { Sandbox } from '../../src/sandbox/sandbox.ts';
import { accountEvaluation } from '../../src/sandbox/v2/shapes.ts';
import { evaluationOf, type SignalsApi, startSignalsApi } from '../harness/signals-api.ts';

let api: SignalsApi;

beforeAll(async () => {
  api = await startSignalsApi();
});
afterAll(() => api.sandbox.close());

const signal = (fields: object) => ({
  pending_signals: [],
  evaluated_signals: { user_multi_accounting: fields },
});
const error = (status: number, code: string, more: object = {}) => ({ status, error: { code, ...more } });
const score = expect.stringMatching(/^\d+\.\d+$/);

// The result of a registration with each word, after its signals had time to complete.
const seen: Readonly<Record<string, object>> = {
  highest: signal({ score: '87.5', risk_level: 'highest' }),
  elevated: signal({ score: '70.0', risk_level: 'elevated' }),
  normal: signal({ score: '42.5', risk_level: 'normal' }),
  low: signal({ score: '3.0', risk_level: 'low' }),
  not_assessed: signal({ score: undefined, risk_level: 'unknown' }),
  null_level: signal({ score: '50.0', risk_level: null }),
  highest_null_level: signal({ score: '87.5', risk_level: null }),
  unknown_level: signal({ score: '50.0', risk_level: 'volcanic' }),
  score_101: signal({ score: '101.0', risk_level: 'highest' }),
  null_signals: { pending_signals: [], evaluated_signals: null },
  no_signals: { pending_signals: [], evaluated_signals: {} },
  both_signals: { evaluated_signals: { user_multi_accounting: { score }, user_account_sharing: { score } } },
  new_signal: {
    evaluated_signals: { user_multi_accounting: { score }, time_travel: { score } },
    shoe_size: 43,
  },
  other_event: {
    requested_signals: ['user_account_sharing'],
    evaluated_signals: { user_account_sharing: { score } },
  },
  complete_at_once: signal({ score }),
  pending_forever: { pending_signals: ['user_multi_accounting'], evaluated_signals: undefined },
  partial: signal({ score }),
  no_score: signal({ score: undefined, risk_level: expect.any(String) }),
  sparse: signal({ score: undefined, evaluated_at: undefined, signal: undefined }),
  nulls: { livemode: null, ...signal({ score: null, evaluated_at: null, signal: null }) },
  error_400: error(400, 'invalid_fields'),
  missing: error(403, 'account_inaccessible'),
  error_401: error(401, 'invalid_request_error'),
  error_403: error(403, 'invalid_request_error'),
  error_409: error(409, 'lock_timeout'),
  error_424: error(424, 'api_error'),
  error_429: error(429, 'rate_limit'),
  error_500: error(500, 'api_error'),
  error_502: error(502, 'api_error'),
  error_503: error(503, 'api_error'),
  error_504: error(504, 'api_error'),
  account_inaccessible: error(403, 'account_inaccessible'),
  invalid_account_details: error(400, 'invalid_account_details'),
  missing_data_for_evaluation: error(400, 'missing_data_for_evaluation'),
  signal_type_access_denied: error(403, 'signal_type_access_denied'),
  feature_not_enabled: error(403, 'feature_not_enabled', { type: 'feature_not_enabled' }),
  fraudulent_website_quota_exceeded: error(429, 'fraudulent_website_quota_exceeded', {
    type: 'quota_exceeded',
  }),
  account_evaluation_inaccessible: error(403, 'account_evaluation_inaccessible'),
};

/** Sets missing properties of a response to `undefined`, so that a test can expect them to be missing. */
function withGaps(body: { evaluated_signals?: Record<string, object> | null }): object {
  const results = Object.entries(body.evaluated_signals ?? {}).map(([kind, result]) => [
    kind,
    { score: undefined, evaluated_at: undefined, signal: undefined, ...result },
  ]);
  return {
    ...body,
    evaluated_signals: body.evaluated_signals == null ? body.evaluated_signals : Object.fromEntries(results),
  };
}

/** Words that lead to responses that the API's description does not have. */
const outside = [
  'null_level',
  'highest_null_level',
  'unknown_level',
  'null_signals',
  'new_signal',
  'sparse',
  'nulls',
];

describe('a word that the sandbox’s v2 knows', () => {
  it.each(Object.keys(casesOf('v2')))('sandbox_%s does what its row says', async (word) => {
    expect(seen).toHaveProperty(word);
    const created = await api.create(evaluationOf(`rse_sandbox_${word}`));
    if (created.status !== 200) {
      expect({ status: created.status, error: created.body.error }).toMatchObject(seen[word] ?? {});
      expect(created.body.error).not.toHaveProperty('param');
      return;
    }
    api.pass(60_000);
    const { body } = await api.read(created.body.id);
    expect(withGaps(body)).toMatchObject(seen[word] ?? {});
    expect(accountEvaluation.safeParse(body).success).toBe(!outside.includes(word));
  });

  it.each([
    {
      where: 'a customer',
      body: { ...evaluationOf('rse_1'), account_details: { customer: 'cus_sandbox_low' } },
    },
    {
      where: 'an account',
      body: { ...evaluationOf('rse_1'), account_details: { account: 'acct_sandbox_low' } },
    },
    ...['ip', 'referrer', 'user_agent'].map((name) => ({
      where: `client data’s ${name}`,
      body: {
        ...evaluationOf('rse_1'),
        account_activity_details: {
          data: {
            type: 'login_attempt',
            login_attempt: { client_details: { data: { ip: '::1', [name]: 'sandbox_low' } } },
          },
        },
      },
    })),
  ])('a word that the sandbox’s v2 knows works in $where', async ({ body }) => {
    const { id } = (await api.create(body)).body;
    api.pass(300);
    expect((await api.read(id)).body).toMatchObject(signal({ score: '3.0', risk_level: 'low' }));
  });

  it.each(Object.keys(sandboxFaults).filter((word) => !['hang', 'drip'].includes(word)))(
    'sandbox_%s affects a creation as on v1',
    async (word) => {
      const outcomeOf = (path: string, body: string, type: string) =>
        fetch(api.url + path, {
          method: 'POST',
          redirect: 'manual',
          headers: {
            authorization: 'Bearer sk_test_1',
            'stripe-version': '2026-09-30.preview',
            'content-type': type,
          },
          body,
        })
          .then(
            async (response) => ({
              status: response.status,
              length: (await response.arrayBuffer()).byteLength,
            }),
            () => 'no answer',
          )
          .catch(() => 'a broken answer');
      const form = `event_type=login&evaluation_context[0][type]=client_details&evaluation_context[0][client_details][radar_session]=sandbox_${word}`;
      expect(
        await outcomeOf(
          '/v2/signals/account_evaluations',
          JSON.stringify(evaluationOf(`sandbox_${word}`)),
          'application/json',
        ),
      ).toEqual(await outcomeOf('/v1/radar/customer_evaluations', form, 'application/x-www-form-urlencoded'));
    },
  );
});

describe('a word about completion', () => {
  const pendingOf = (body: { pending_signals: string[] }) => body.pending_signals.length;

  it('a word about completion can make the signals complete in the first response', async () => {
    const { body } = await api.create(evaluationOf('rse_sandbox_complete_at_once sandbox_highest'));
    expect(body).toMatchObject(signal({ score: '87.5' }));
  });

  it('a word about completion can make the signals complete a number of milliseconds after the creation', async () => {
    const { body } = await api.create(evaluationOf('rse_sandbox_pending_10000'));
    api.pass(9999);
    expect(pendingOf((await api.read(body.id)).body)).toBe(1);
    api.pass(1);
    expect((await api.read(body.id)).body).toMatchObject(signal({ score }));
  });

  it('a word about completion can make the signals complete at a number of reads, whatever the time', async () => {
    const { body } = await api.create(evaluationOf('rse_sandbox_pending_reads_3'));
    api.pass(60_000);
    const reads = [
      await api.read(body.id),
      await api.read(body.id),
      await api.read(body.id),
      await api.read(body.id),
    ];
    expect(reads.map((read) => pendingOf(read.body))).toEqual([1, 1, 0, 0]);
    // It no longer changes: its time is that of the read that completed it.
    api.pass(1000);
    expect((await api.read(body.id)).body).toEqual(reads[2]?.body);
  });

  it('a word about completion can make one of two signals complete while the other is pending', async () => {
    const both = ['user_multi_accounting', 'user_account_sharing'];
    const { body } = await api.create(evaluationOf('rse_sandbox_partial sandbox_pending_1000', both));
    expect(accountEvaluation.parse(body)).toMatchObject({
      pending_signals: ['user_multi_accounting'],
      evaluated_signals: { user_account_sharing: { score } },
    });
    api.pass(1000);
    const read = (await api.read(body.id)).body;
    expect(read.pending_signals).toEqual([]);
    expect(Object.keys(read.evaluated_signals)).toEqual(both);
  });

  it('a word about completion can make another signal complete if only one was requested', async () => {
    const { body } = await api.create(evaluationOf('rse_sandbox_partial'));
    expect(body).toMatchObject({
      requested_signals: ['user_multi_accounting'],
      pending_signals: ['user_multi_accounting'],
      evaluated_signals: { user_account_sharing: { score } },
    });
  });

  it('a word about completion is refused on v1, with a hint', async () => {
    for (const word of ['pending_1000', 'pending_reads_2', 'pending_forever', 'no_score']) {
      const response = await fetch(`${api.url}/v1/radar/customer_evaluations`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer sk_test_1',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: `event_type=login&evaluation_context[0][type]=client_details&evaluation_context[0][client_details][radar_session]=sandbox_${word}`,
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: {
          message: expect.stringContaining('except on v2'),
          param: expect.stringContaining('radar_session'),
        },
      });
    }
  });
});

describe('a word for reads', () => {
  const made = async (word: string) => (await api.create(evaluationOf(`rse_sandbox_read_${word}`))).body.id;

  it('a word for reads lets the creation succeed, and makes every read fail', async () => {
    const id = await made('error_503');
    expect(await api.read(id)).toMatchObject({ status: 503, body: { error: { type: 'api_error' } } });
    expect(await api.read(id)).toMatchObject({ status: 503 });
    expect(await api.read(await made('account_evaluation_inaccessible'))).toMatchObject({
      status: 403,
      body: { error: { code: 'account_evaluation_inaccessible' } },
    });
  });

  it('a word for reads puts a fault on every read, or on the first', async () => {
    const id = await made('down');
    expect([(await api.read(id)).status, (await api.read(id)).status]).toEqual([503, 503]);
    const once = await made('once_down');
    expect([(await api.read(once)).status, (await api.read(once)).status]).toEqual([503, 200]);
    await expect(api.read(await made('reset'))).rejects.toThrow();
  });

  it('a word for reads combines with others', async () => {
    const { id } = (
      await api.create(evaluationOf('sandbox_read_once_down sandbox_pending_reads_1 sandbox_low'))
    ).body;
    expect((await api.read(id)).status).toBe(503);
    expect((await api.read(id)).body).toMatchObject(signal({ score: '3.0' }));
  });

  it('a word for reads is refused if it is not a word about a read', async () => {
    for (const word of ['highest', 'nothing', 'read_down', 'pending_5']) {
      const { status, body } = await api.create(evaluationOf(`sandbox_read_${word}`));
      expect({ status, body }).toMatchObject({ status: 400, body: { error: { code: 'invalid_fields' } } });
    }
  });

  it('a word for reads works on v1 as well', async () => {
    const headers = { authorization: 'Bearer sk_test_1', 'stripe-version': '2026-09-30.preview' };
    const url = `${api.url}/v1/radar/customer_evaluations`;
    const form = `event_type=login&evaluation_context[0][type]=client_details&evaluation_context[0][client_details][radar_session]=`;
    const create = async (word: string) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: `${form}sandbox_read_${word}`,
      });
      return ((await response.json()) as { id: string }).id;
    };
    expect((await fetch(`${url}/${await create('error_503')}`, { headers })).status).toBe(503);
    const once = `${url}/${await create('once_down')}`;
    expect((await fetch(once, { headers })).status).toBe(503);
    expect((await fetch(once, { headers })).status).toBe(200);
  });
});

describe('the share of faults', () => {
  it('the share of faults applies to v2 as to v1', async () => {
    const sandbox = new Sandbox({ faultShare: 1 });
    const url = await sandbox.listen('127.0.0.1', 0);
    const headers = { authorization: 'Bearer sk_test_1', 'stripe-version': '2026-09-30.preview' };
    const outcomes = [];
    for (let read = 0; read < 5; read += 1) {
      const response = fetch(`${url}/v2/signals/account_evaluations/acctevl_example`, { headers });
      outcomes.push(await response.then((answer) => answer.text()).catch(() => 'no answer'));
    }
    expect(outcomes).toHaveLength(5);
    for (const outcome of outcomes) expect(outcome).not.toContain('"id":"acctevl_example"');
    await sandbox.close();
  });
});
