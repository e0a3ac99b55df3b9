import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { createEverything, loginAnswer, registration } from '../harness/evaluations.ts';
import { formFields } from '../harness/forms.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const fields = ['radarSession', 'ip', 'referrer', 'userAgent', 'customer', 'email', 'name', 'phone'] as const;
type Field = (typeof fields)[number];

function inputWith(field: Field, value: string): object {
  const client = (details: object) => [{ clientDetails: details }];
  const customer = (details: object) => [{ customerDetails: details }];
  const context = {
    radarSession: client({ radarSession: value }),
    ip: client({ data: { ip: value } }),
    referrer: client({ data: { ip: '192.0.2.1', referrer: value } }),
    userAgent: client({ data: { ip: '192.0.2.1', userAgent: value } }),
    customer: customer({ customer: value }),
    email: customer({ customerData: { email: value } }),
    name: customer({ customerData: { name: value } }),
    phone: customer({ customerData: { phone: value } }),
  }[field];
  return { eventType: 'LOGIN', evaluationContext: context };
}

describe('strings that mean harm', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, loginAnswer);
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { STRIPE_API_VERSION: '2026-06-24.preview', MAX_BODY_BYTES: '2000000' }),
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  const arriving = [
    '&event_type=registration',
    'a=b',
    'x][0][type]',
    '%26event_type%3Dx',
    '%',
    '+',
    'a b',
    '\r\nStripe-Account: acct_evil',
    '\uFEFFx',
    '\u202Etxt.exe',
    '\u2028',
    '🙂',
    'ﬀ'.normalize('NFC'),
    '../../v1/charges',
    '"; DROP TABLE',
    '#{7*7}{{7*7}}',
    'x'.repeat(5_000),
    '🙂'.repeat(5_000),
  ];

  it.each(fields)('a hostile string in %s reaches Stripe unchanged, in its own field', async (field) => {
    for (const value of arriving) {
      upstream.requests.length = 0;
      const result = await gateway.send(createEverything, { input: inputWith(field, value) });
      expect(result.data.createCustomerEvaluation.errors).toEqual([]);
      const [request] = upstream.requests;
      const sent = formFields(request?.body ?? '');
      expect(sent.filter(([, text]) => text === value)).toHaveLength(1);
      expect(sent.filter(([name]) => !/^(event_type|evaluation_context(\[\w+\])+)$/.test(name))).toEqual([]);
      expect(sent.filter(([name]) => name === 'event_type')).toEqual([['event_type', 'login']]);
      expect(request?.headers['stripe-account']).toBeUndefined();
      expect(request?.url).toBe('/v1/radar/customer_evaluations');
    }
  });

  it.each(fields)(
    'a hostile string in %s is refused if it could not reach Stripe unchanged',
    async (field) => {
      for (const value of ['', 'a\0b', '\uD800', 'x\uDC00y', 'x'.repeat(5_001), 'x'.repeat(1_000_000)]) {
        const result = await gateway.send(createEverything, { input: inputWith(field, value) });
        const [error] = result.data.createCustomerEvaluation.errors;
        expect(error).toMatchObject({ code: 'BAD_USER_INPUT', effect: 'NONE', retryable: false });
        expect(error?.path?.at(-1)).toBe(field);
      }
      expect(upstream.requests).toHaveLength(0);
    },
  );

  it.each(['', 'a\r\nb', 'a\0b', 'é', '🙂', '\uD800', 'x'.repeat(256), 'a\tb'])(
    'a hostile string is refused as an idempotency key: %j',
    async (idempotencyKey) => {
      const result = await gateway.send(createEverything, { input: registration({ idempotencyKey }) });
      expect(result.data.createCustomerEvaluation.errors[0]).toMatchObject({
        code: 'BAD_USER_INPUT',
        path: ['input', 'idempotencyKey'],
      });
      expect(upstream.requests).toHaveLength(0);
    },
  );

  const retrieve = (id: string) =>
    gateway.send('query ($id: ID!) { customerEvaluation(id: $id) { id } }', { id });

  it.each(['..', '.', '', '../charges/ch_1', 'a/b', '\uD800', 'x'.repeat(300)])(
    'a hostile string as an id that would be another URL is not sent: %j',
    async (id) => {
      expect((await retrieve(id)).data).toEqual({ customerEvaluation: null });
      expect(upstream.requests).toEqual([]);
    },
  );

  it.each(['a?expand[]=x', 'a#b', '%2e%2e', 'a\r\nb', 'a\0'])(
    'a hostile string as an id is one segment of the path, and nothing else: %j',
    async (id) => {
      await retrieve(id);
      const segments = upstream.requests.map(
        ({ url }) => /^\/v1\/radar\/customer_evaluations\/([^/?#]+)\?expand\[0\]=events$/.exec(url)?.[1],
      );
      expect(segments.map((segment) => decodeURIComponent(segment ?? ''))).toEqual([id]);
    },
  );

  it.each([
    'http://api.stripe.com',
    'https://user:pass@api.stripe.com',
    'https://api.stripe.com/v1',
    'https://api.stripe.com?x',
    'https://api.stripe.com#x',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://0.0.0.0',
    'ftp://127.0.0.1',
    '//api.stripe.com',
    'file:///etc/passwd',
  ])('a hostile string is refused as the upstream: STRIPE_API_URL=%s', (url) => {
    expect(() => readConfig({ STRIPE_API_URL: url })).toThrow(ConfigError);
  });
});
