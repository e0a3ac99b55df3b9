import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { evaluationOf, evaluationsPath, type SignalsApi, startSignalsApi } from '../harness/signals-api.ts';

let api: SignalsApi;

beforeAll(async () => {
  api = await startSignalsApi();
});
afterAll(() => api.sandbox.close());

const under = (key: string, more: Record<string, string> = {}) => ({ 'idempotency-key': key, ...more });
const isReplayed = ({ headers }: { headers: Headers }) => headers.get('idempotent-replayed') === 'true';

describe('an idempotency key at the sandbox’s v2', () => {
  it('an idempotency key at the sandbox’s v2 makes a retry happen once, and return the current state', async () => {
    const before = api.sandbox.created;
    const first = await api.create(evaluationOf('rse_1'), under('repeat'));
    const second = await api.create(evaluationOf('rse_1'), under('repeat'));
    expect([isReplayed(first), isReplayed(second)]).toEqual([false, true]);
    expect(second.body).toEqual(first.body);
    api.pass(300);
    const third = await api.create(evaluationOf('rse_1'), under('repeat'));
    expect(third.body).toEqual((await api.read(first.body.id)).body);
    expect(third.body).toMatchObject({ pending_signals: [], evaluated_signals: expect.anything() });
    expect(api.sandbox.created).toBe(before + 1);
  });

  it.each([
    { what: 'an error of theirs', word: 'error_500', status: 500 },
    { what: 'a limit', word: 'error_429', status: 429 },
    { what: 'a refusal', word: 'account_inaccessible', status: 403 },
  ])(
    'an idempotency key at the sandbox’s v2 lets a retry run again after $what',
    async ({ word, status }) => {
      const failed = await api.create(evaluationOf(`rse_sandbox_${word}`), under(word));
      const again = await api.create(evaluationOf(`rse_sandbox_${word}`), under(word));
      expect([failed, again]).toMatchObject([{ status }, { status }]);
      expect([isReplayed(failed), isReplayed(again)]).toEqual([false, false]);
      expect(again.headers.get('request-id')).not.toBe(failed.headers.get('request-id'));
    },
  );

  it('an idempotency key at the sandbox’s v2 lets a retry succeed after a fault of the first request', async () => {
    const before = api.sandbox.created;
    const body = evaluationOf('rse_sandbox_once_down');
    expect((await api.create(body, under('once'))).status).toBe(503);
    expect((await api.create(body, under('once'))).status).toBe(200);
    const lost = evaluationOf('rse_sandbox_once_reset_after');
    await expect(api.create(lost, under('lost'))).rejects.toThrow();
    expect(isReplayed(await api.create(lost, under('lost')))).toBe(true);
    expect(api.sandbox.created).toBe(before + 2);
  });

  it('an idempotency key at the sandbox’s v2 cannot be used with another body', async () => {
    await api.create(evaluationOf('rse_1'), under('conflict'));
    expect(await api.create(evaluationOf('rse_2'), under('conflict'))).toMatchObject({
      status: 400,
      body: { error: { type: 'idempotency_error' } },
    });
  });

  it('an idempotency key at the sandbox’s v2 answers 409 while the first request is in progress', async () => {
    const body = evaluationOf('rse_sandbox_delay_300');
    const both = await Promise.all([
      api.create(body, under('in-flight')),
      api.create(body, under('in-flight')),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(isReplayed(await api.create(body, under('in-flight')))).toBe(true);
  });

  it('an idempotency key at the sandbox’s v2 is a different key for another path or account', async () => {
    const before = api.sandbox.created;
    const answers = [
      await api.create(evaluationOf('rse_1'), under('scoped')),
      await api.create(evaluationOf('rse_1'), under('scoped', { 'stripe-account': 'acct_1' })),
      await api.create(evaluationOf('rse_1'), under('scoped', { 'stripe-account': 'acct_2' })),
    ];
    const decision = {
      type: 'registration_decision',
      account_evaluation: answers[0]?.body.id,
      registration_decision: { status: 'allowed' },
    };
    answers.push(await api.send('POST', '/v2/signals/account_activities', decision, under('scoped')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.map(isReplayed)).toEqual([false, false, false, false]);
    expect(api.sandbox.created).toBe(before + 3);
  });

  it('an idempotency key at the sandbox’s v2 makes a repeated report one activity, and a repeated deletion one deletion', async () => {
    const path = '/v2/signals/account_activities';
    const decision = {
      type: 'login_decision',
      account_evaluation: 'acctevl_example',
      login_decision: { status: 'blocked' },
    };
    const first = await api.send('POST', path, decision, under('report'));
    const second = await api.send('POST', path, decision, under('report'));
    expect(second.body).toEqual(first.body);
    const remove = () => api.send('DELETE', `${path}/${first.body.id}`, undefined, under('delete'));
    expect([await remove(), await remove()]).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  it('an idempotency key at the sandbox’s v2 is forgotten after 30 days', async () => {
    const day = 24 * 3600 * 1000;
    await api.create(evaluationOf('rse_1'), under('old'));
    api.pass(30 * day);
    expect(isReplayed(await api.create(evaluationOf('rse_1'), under('old')))).toBe(true);
    api.pass(1);
    expect(isReplayed(await api.create(evaluationOf('rse_1'), under('old')))).toBe(false);
  });

  it('an idempotency key at the sandbox’s v2 is ignored on a read', async () => {
    const { body } = await api.create(evaluationOf('rse_sandbox_pending_reads_2'));
    const read = () => api.send('GET', `${evaluationsPath}/${body.id}`, undefined, under('read'));
    expect((await read()).body.pending_signals).toHaveLength(1);
    expect((await read()).body.pending_signals).toEqual([]);
  });
});
