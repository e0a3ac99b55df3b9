import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createEverything, registration } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

// `npm run fuzz` runs a hundred thousand, without a time limit.
const runs = Number(process.env['FUZZ_RUNS'] ?? '1500');
const canary = 'canary@example.com';

const shipped = [
  createEverything,
  ...readdirSync('schema/operations').map((name) => readFileSync(`schema/operations/${name}`, 'utf8')),
];
const words = [
  ...'{ } ( ) [ ] : ! = @ $ ... | & # , """ " query mutation subscription fragment on true false null'.split(
    ' ',
  ),
  ...new Set(shipped.join(' ').match(/\w+/g)),
  ...['__typename', '__schema', '__type', '_service', '_entities', '__proto__', 'constructor', '_Any'],
  ...['1', '-1', '1e400', '99999999999', `"${canary}"`, '$input', '@skip(if: true)', '@include', '@defer'],
];

/** Removes a piece of the text, doubles it, or replaces it. */
const mutate = (text: fc.Arbitrary<string>, pieces: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.array(fc.tuple(fc.nat(2_000), fc.nat(40), pieces, fc.boolean()), { maxLength: 6 }))
    .map(([start, cuts]) =>
      cuts.reduce((whole, [at, length, piece, twice]) => {
        const from = at % (whole.length + 1);
        const cut = whole.slice(from, from + length);
        return `${whole.slice(0, from)}${twice ? cut + cut : piece}${whole.slice(from + length)}`;
      }, start),
    );

const word = fc.constantFrom(...words);
const nasty = fc.oneof(
  fc.constantFrom(
    canary,
    '\r\n',
    '\0',
    '\uFEFF',
    '\u202E',
    '\uD800',
    '%26',
    '+',
    '&a=b',
    '[0]',
    '',
    'x'.repeat(5_001),
  ),
  fc.string({ unit: 'binary' }),
);
const document = fc.oneof(
  fc.array(word, { maxLength: 60 }).map((list) => list.join(' ')),
  mutate(fc.constantFrom(...shipped), word),
  nasty,
);
const leaf = fc.oneof(nasty, fc.constantFrom('LOGIN', 'REGISTRATION', null, true, 1, 1.5, -0, 1e300));
const input = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(word, nasty), tie('value'), { maxKeys: 4 }),
})).value;
const client = fc.record(
  {
    radarSession: leaf,
    data: fc.record({ ip: leaf, referrer: leaf, userAgent: leaf }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
const customer = fc.record(
  { customer: leaf, customerData: fc.record({ email: leaf, name: leaf, phone: leaf }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);
const nearlyRight = fc.record(
  {
    eventType: leaf,
    evaluationContext: fc.array(
      fc.record({ clientDetails: client, customerDetails: customer }, { requiredKeys: [] }),
      { maxLength: 4 },
    ),
    idempotencyKey: leaf,
  },
  { requiredKeys: [] },
);
const variables = fc.record(
  {
    input: fc.oneof(nearlyRight, input),
    radarSession: leaf,
    customer: leaf,
    customerData: input,
    representations: input,
  },
  { requiredKeys: [] },
);

const good = JSON.stringify({ query: createEverything, variables: { input: registration() } });
const envelope = fc
  .record(
    {
      query: fc.oneof(document, input),
      variables: fc.oneof(variables, input),
      operationName: leaf,
      extensions: input,
      documentId: leaf,
    },
    { requiredKeys: ['query'] },
  )
  .map((body) => JSON.stringify(body));
const rawBody = fc.oneof(
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  mutate(
    fc.constant(good),
    fc.oneof(nasty, fc.constantFrom('"', '{', '}', '[', ']', ':', ',', '\\', '\\u0000', '1e400')),
  ),
);
const body: fc.Arbitrary<string | Buffer> = fc.oneof(
  { weight: 3, arbitrary: envelope },
  { weight: 1, arbitrary: rawBody },
);
const contentType = fc.oneof(
  { weight: 20, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'text/plain',
      'application/json;x',
      'multipart/form-data',
      'application/json; charset=utf-8',
    ),
  },
);

describe('a gateway that is sent anything', () => {
  const gateways: Record<string, TestGateway> = {};
  beforeAll(async () => {
    gateways['open'] = await startTestGateway({ STRIPE_API_VERSION: '2026-06-24.preview' });
    gateways['shut'] = await startTestGateway({
      NODE_ENV: 'production',
      AUTH_MODE: 'none',
      UPSTREAM: 'sandbox',
      TRUSTED_DOCUMENTS: 'prefer',
    });
  });
  afterAll(() => Promise.all(Object.values(gateways).map((gateway) => gateway.close())));

  it.each(['open', 'shut'])(
    'a gateway that is sent random input (%s) answers each request, never with an internal error, and logs none of the input',
    async (name) => {
      const gateway = gateways[name] as TestGateway;
      let answered = 0;
      const property = fc.asyncProperty(body, contentType, async (sent, type) => {
        const response = await fetch(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': type },
          body: sent as string,
        });
        const text = await response.text();
        expect(response.status).toBeLessThan(500);
        expect(text).not.toContain('INTERNAL_SERVER_ERROR');
        expect(() => JSON.parse(text)).not.toThrow();
        answered += 1;
        const log = await gateway.flushed();
        expect(log.join('')).not.toMatch(/unhandled error|canary/);
        log.length = 0;
      });
      await fc.assert(property, { numRuns: runs, endOnFailure: true });
      expect(answered).toBe(runs);
      const after = await gateway.send(createEverything, { input: registration() });
      expect(after.data.createCustomerEvaluation.errors).toEqual([]);
    },
    60_000 + runs * 40,
  );
});
