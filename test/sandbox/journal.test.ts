import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal } from '../../src/sandbox/journal.ts';
import { Sandbox } from '../../src/sandbox/sandbox.ts';

describe('the sandbox’s journal', () => {
  const journal = new Journal();
  const sandbox = new Sandbox({ journal });
  let url: string;

  beforeAll(async () => {
    url = `${await sandbox.listen('127.0.0.1', 0)}/v1/radar/customer_evaluations`;
  });
  afterAll(() => sandbox.close());

  const form = (radarSession: string): string =>
    `event_type=login&evaluation_context[0][type]=client_details&evaluation_context[0][client_details][radar_session]=${radarSession}`;
  const post = (key: string | undefined, body = form('rse_1'), authorization = 'Bearer sk_test_canary') =>
    fetch(url, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/x-www-form-urlencoded',
        'stripe-version': '2026-03-04.preview',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body,
    });

  it('the sandbox’s journal has each call as it arrived, and its response', async () => {
    const answer = await (await post('whole')).text();
    const [entry, ...more] = journal.under('whole');
    expect(more).toEqual([]);
    expect(entry?.request).toMatch(/^POST \/v1\/radar\/customer_evaluations HTTP\/1\.1\r\n/);
    expect(entry?.request).toContain('\r\nidempotency-key: whole\r\n');
    expect(entry?.request.split('\r\n\r\n')[1]).toBe(form('rse_1'));
    expect(entry?.answer).toBe(`200\n${answer}`);
  });

  it.each(['Bearer sk_test_canary', `Basic ${Buffer.from('sk_test_canary:').toString('base64')}`])(
    'the sandbox’s journal contains no credentials: %s',
    async (authorization) => {
      const [scheme = '', credentials] = authorization.split(' ');
      await post(scheme, undefined, authorization);
      const [entry] = journal.under(scheme);
      expect(entry?.request).toMatch(/\r\nauthorization: (Bearer|Basic) •••\r\n/);
      expect(entry?.request).not.toContain(credentials);
    },
  );

  it('the sandbox’s journal names the fault that replaced a response', async () => {
    await post('fault', form('rse_sandbox_down'));
    expect(journal.under('fault')).toEqual([
      { request: expect.any(String), answer: '(the sandbox responds with 503)' },
    ]);
  });

  it('the sandbox’s journal is bounded: a few calls of the newest keys, and no long text', async () => {
    await post('long', form('r'.repeat(20_000)));
    expect(journal.under('long')[0]?.request).toMatch(/\(\d{5} characters, too many to keep\)$/);
    for (let call = 0; call < 12; call += 1) await post('often', form(`rse_${call}`));
    expect(journal.under('often').map(({ request }) => request.split('=rse_')[1])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '11',
    ]);
    for (let key = 0; key < 200; key += 1) await post(`key ${key}`);
    expect(journal.under('often')).toEqual([]);
    expect(journal.under('key 0')).toHaveLength(1);
    await post(undefined);
    expect(journal.under('key 0')).toHaveLength(1);
  });
});
