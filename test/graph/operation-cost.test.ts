import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

/** The version that supports every call. */
const version = { STRIPE_API_VERSION: '2026-06-24.preview' };
const entity = (id: string) => ({ __typename: 'CustomerEvaluation', id });
const literal = (id: string) => `{__typename: "CustomerEvaluation", id: "${id}"}`;
const entities = (list: string, directive = '') =>
  `_entities(representations: ${list}) ${directive} { __typename }`;

describe('the charge for an operation', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.handle((response, { url }) => {
      const [id = ''] = /(?<=customer_evaluations\/)[^/?]+/.exec(url) ?? [registrationAnswer.id];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ...registrationAnswer, id, customer: 'cus_1' }));
    });
  });
  afterAll(() => upstream.close());
  beforeEach(() => {
    upstream.requests.length = 0;
  });
  afterEach(() => gateway.close());

  const start = async (environment: Record<string, string>) => {
    gateway = await startTestGateway(upstreamAt(upstream.url, { ...version, ...environment }));
  };

  it('the charge for an operation counts a list in a variable’s default value, so that a minute’s limit is one of calls to Stripe', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '120' });
    const statuses = [];
    for (let count = 0; count < 4; count += 1) {
      const list = Array.from({ length: 60 }, (_, index) => literal(`c${count}_${index}`)).join(' ');
      const query = `query ($list: [_Any!]! = [${list}]) { ${entities('$list')} }`;
      statuses.push((await gateway.send(query)).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(upstream.requests).toHaveLength(120);
  });

  const three = `[${['a', 'b', 'c'].map(literal).join(' ')}]`;
  const listed = ['a', 'b', 'c'].map(entity);
  it.each<[string, string, object?]>([
    ['a literal list', `{ ${entities(three)} }`],
    ['a list in a variable', `query ($l: [_Any!]!) { ${entities('$l')} }`, { l: listed }],
    ['a default', `query ($l: [_Any!]! = ${three}) { ${entities('$l')} }`],
    [
      'a default, where other variables are given',
      `query ($l: [_Any!] = ${three}, $x: Boolean = true) { ${entities('$l', '@include(if: $x)')} }`,
      { x: true },
    ],
    ['a list longer than its default', `query ($l: [_Any!]! = []) { ${entities('$l')} }`, { l: listed }],
    [
      'single values, each coerced to a list',
      `query ($l: [_Any!]!) { a: ${entities('$l')} b: ${entities('$l')} c: ${entities(literal('b'))} }`,
      { l: entity('a') },
    ],
    [
      'variables within a list',
      `query ($a: _Any!, $b: _Any!, $c: _Any!) { ${entities('[$a, $b, $c]')} }`,
      { a: entity('a'), b: entity('b'), c: entity('c') },
    ],
    [
      'aliases',
      '{ a: customerEvaluation(id: "a") { id } b: customerEvaluation(id: "b") { id } c: customerEvaluation(id: "c") { id } }',
    ],
    [
      'fragments within fragments',
      `query ($l: [_Any!]! = [${literal('a')} ${literal('b')}]) { ...A } fragment A on Query { ...B ... { c: ${entities(literal('c'))} } } fragment B on Query { ${entities('$l')} }`,
    ],
    [
      'the operation that is named, of two',
      `query One { __typename } query Two ($l: [_Any!]! = ${three}) { ${entities('$l')} }`,
    ],
  ])(
    'the charge for an operation counts three objects in %s, and refuses them before the first call',
    async (...[, query, variables]) => {
      await start({ MAX_COST: '2' });
      const body = { query, variables, ...(query.includes('Two') ? { operationName: 'Two' } : {}) };
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const { errors } = (await response.json()) as { errors: { message: string }[] };
      expect(errors.map(({ message }) => message)).toEqual([
        'The operation may cause 3 calls to Stripe; this gateway allows at most 2.',
      ]);
      expect(response.status).toBe(400);
      expect(upstream.requests).toHaveLength(0);
    },
  );

  it('the charge for an operation counts two calls for the report of a bound caller, whose evaluation is retrieved first', async () => {
    const secret = 'a-secret-of-the-router-and-nobody-else';
    await start({ AUTH_MODE: 'router', ROUTER_SECRET: secret, RATE_LIMIT_PER_MINUTE: '4' });
    const query =
      'mutation ($id: ID!) { reportCustomerEvaluation(input: {id: $id, report: {outcome: {status: ALLOWED}}}) { errors { code } } }';
    const report = async (subject: string, bound: object) => {
      const headers = { 'x-router-secret': secret, 'x-caller-subject': subject, ...bound };
      return (await gateway.send(query, { id: 'ceval_1' }, headers)).status;
    };
    const bound = { 'x-caller-customer': 'cus_1' };
    expect([await report('a', bound), await report('a', bound), await report('a', bound)]).toEqual([
      200, 200, 429,
    ]);
    expect(upstream.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'POST']);
    // A caller that may act for every customer reports without a read.
    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push(await report('b', {}));
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });

  it('the charge for an operation is never less than the calls to Stripe that it leads to, whatever the operation', async () => {
    const limit = 12;
    await start({ RATE_LIMIT_PER_MINUTE: String(limit), TRUST_PROXY: 'loopback' });
    let ids = 0;
    const nextId = () => {
      ids += 1;
      return `p${ids}`;
    };
    let callers = 0;
    // Distinct ids, because each of them costs a call.
    const operation = fc
      .array(fc.record({ form: fc.constantFrom(...forms), objects: fc.integer({ min: 0, max: 5 }) }), {
        minLength: 1,
        maxLength: 3,
      })
      .map((fields) => {
        const written = fields.map(({ form, objects }, at) => {
          const names = Array.from({ length: objects }, nextId);
          return form(`v${at}`, names.length === 0 ? [nextId()] : names);
        });
        const definitions = written.flatMap(({ definition }) => definition ?? []).join(', ');
        const body = written.map(({ field }, at) => field.replaceAll('ALIAS', `f${at}`)).join(' ');
        const query = `query ${definitions && `(${definitions})`} { ...F } fragment F on Query { ${body} }`;
        return {
          query,
          variables: Object.assign({}, ...written.map(({ variables }) => variables)) as object,
        };
      });
    await fc.assert(
      fc.asyncProperty(operation, async ({ query, variables }) => {
        callers += 1;
        upstream.requests.length = 0;
        const from = { 'x-forwarded-for': `192.0.${callers >> 8}.${callers & 255}` };
        let answers = 0;
        for (let repeat = 0; repeat <= limit; repeat += 1) {
          const { status, data } = await gateway.send(query, variables, from);
          if (status === 429) break;
          expect({ query, status, hasData: data != null }).toEqual({ query, status: 200, hasData: true });
          answers += 1;
        }
        expect(answers).toBeLessThanOrEqual(limit);
        expect(upstream.requests.length).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 60 },
    );
  });
});

interface Written {
  readonly field: string;
  readonly definition?: string;
  readonly variables?: object;
}

/** The ways in which a field can ask for objects, with the name of a variable. */
const forms: ((variable: string, ids: string[]) => Written)[] = [
  (_, ids) => ({ field: `ALIAS: ${entities(`[${ids.map(literal).join(' ')}]`)}` }),
  (_, [id = '']) => ({ field: `ALIAS: ${entities(literal(id))}` }),
  (_, [id = '']) => ({ field: `ALIAS: customerEvaluation(id: "${id}") { id }` }),
  (name, ids) => ({
    field: `... { ALIAS: ${entities(`$${name}`)} }`,
    definition: `$${name}: [_Any!]!`,
    variables: { [name]: ids.map(entity) },
  }),
  (name, [id = '']) => ({
    field: `ALIAS: ${entities(`$${name}`)}`,
    definition: `$${name}: [_Any!]!`,
    variables: { [name]: entity(id) },
  }),
  (name, ids) => ({
    field: `ALIAS: ${entities(`$${name}`)}`,
    definition: `$${name}: [_Any!]! = [${ids.map(literal).join(' ')}]`,
  }),
  (name, [id = '']) => ({
    field: `ALIAS: ${entities(`$${name}`)}`,
    definition: `$${name}: [_Any!] = ${literal(id)}`,
  }),
  (name, ids) => ({
    field: `ALIAS: ${entities(`$${name}`, '@skip(if: false)')}`,
    definition: `$${name}: [_Any!] = []`,
    variables: { [name]: ids.map(entity) },
  }),
];
