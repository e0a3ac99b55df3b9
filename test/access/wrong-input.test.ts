import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const create =
  'mutation ($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) { errors { code path } } }';
const input = (evaluationContext: unknown, more: object = {}) => ({
  input: { eventType: 'LOGIN', evaluationContext, ...more },
});
const many = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));

/** As large as a body may be. All but the last of them have about the same size. */
const right = input(many(1_200, (index) => ({ customerDetails: { customer: `cus_${1e6 + index}` } })));

describe('a request that is wrong in thousands of places', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    // Without plans: a plan would make the valid request cheaper than any that Apollo Server refuses.
    gateway = await startTestGateway({ PREPARED_OPERATIONS: 'off' });
  });
  afterAll(() => gateway.close());

  /** The CPU ticks that the gateway has used (proc(5), `utime` and `stime`). */
  const ticks = (): number => {
    const [, fields = ''] = readFileSync(`/proc/${gateway.child.pid}/stat`, 'utf8').split(') ');
    return Number(fields.split(' ')[11]) + Number(fields.split(' ')[12]);
  };
  const ticksFor = async (query: string, variables?: object): Promise<number> => {
    // The first requests compile and fill caches. They are not measured.
    for (let count = 0; count < 3; count += 1) await gateway.send(query, variables);
    const before = ticks();
    for (let count = 0; count < 15; count += 1) await gateway.send(query, variables);
    return ticks() - before;
  };

  it.each<[string, object]>([
    ['entries of a wrong type', input(many(31_000, () => 0))],
    ['entries that are empty', input(many(20_000, () => ({})))],
    ['entries of two kinds at once', input(many(1_300, () => ({ clientDetails: 1, customerDetails: 2 })))],
    ['fields that nobody knows', input([], Object.fromEntries(many(4_500, (index) => [`name${index}`, 0])))],
    ['values of no enum', { input: { eventType: many(15_000, () => 'X'), evaluationContext: 0 } }],
  ])(
    'a request with thousands of faults is answered with the first few, at no more cost than a valid one: %s',
    async (_, variables) => {
      const { status, errors = [], text } = await gateway.send(create, variables);
      expect(status).toBe(400);
      expect(errors.length).toBeLessThanOrEqual(6);
      for (const { extensions } of errors.slice(0, 5))
        expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(text.length).toBeLessThan(4_000);
      const cost = await ticksFor(create, right);
      expect(cost).toBeGreaterThan(0);
      expect(await ticksFor(create, variables)).toBeLessThanOrEqual(2 * cost);
    },
  );

  it('a request with thousands of problems gets the first twenty fields that cannot be translated', async () => {
    const wrong = input(many(1_300, () => ({ customerDetails: { customer: '' } })));
    const { data } = await gateway.send(create, wrong);
    const { errors } = data.createCustomerEvaluation;
    expect(errors).toHaveLength(20);
    expect(errors.at(-1)).toEqual({
      code: 'BAD_USER_INPUT',
      path: ['input', 'evaluationContext', '19', 'customerDetails', 'customer'],
    });
  });

  it('a request with thousands of problems gets the first twenty fields that its Stripe API version does not support', async () => {
    const older = await startTestGateway({ STRIPE_API_VERSION: '2026-03-25.preview' });
    const data = input(many(40, () => ({ clientDetails: { data: { ip: '192.0.2.1' } } })));
    const answer = await older.send(create, data);
    await older.close();
    const { errors } = answer.data.createCustomerEvaluation;
    expect(errors).toHaveLength(20);
    expect(new Set(errors.map(({ code }: { code: string }) => code))).toEqual(
      new Set(['UPSTREAM_UNSUPPORTED']),
    );
  });

  it('a request with thousands of problems gets the first few errors of its document', async () => {
    const { status, errors } = await gateway.send(`{ ${many(300, (index) => `n${index}`).join(' ')} }`);
    expect(status).toBe(400);
    expect(errors).toHaveLength(6);
  });

  it('a request with thousands of problems gets one field of each argument if only execution finds them', async () => {
    const fields = many(10, (index) => `a${index}: _entities(representations: $list) { __typename }`).join(
      ' ',
    );
    const { errors = [] } = await gateway.send(`query ($list: [_Any!] = []) { ${fields} }`, { list: null });
    expect(errors.length).toBeGreaterThan(0);
    for (const { extensions } of errors) expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
