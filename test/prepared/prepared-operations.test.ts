import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, loginAnswer, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const { id } = registrationAnswer;
const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on CustomerEvaluation { id livemode } }
}`;
const representations = [{ __typename: 'CustomerEvaluation', id }];

/** Variables for each document in schema/operations. */
const variablesOf: Readonly<Record<string, object>> = {
  'create-customer-evaluation.graphql': { input: registration() },
  'customer-evaluation.graphql': { id },
  'evaluate-login.graphql': { radarSession: 'rse_1', customer: 'cus_1' },
  'evaluate-registration.graphql': { radarSession: 'rse_1', customerData: { email: 'a@example.com' } },
  'report-customer-evaluation.graphql': { id, report: { outcome: { status: 'ALLOWED' } } },
};
const shipped = readdirSync('schema/operations');

describe('operations that are prepared', () => {
  let upstream: RecordingUpstream;
  const gateways: TestGateway[] = [];

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.answer(200, registrationAnswer);
  });
  afterEach(() => Promise.all(gateways.splice(0).map((gateway) => gateway.close())));
  afterAll(() => upstream.close());

  const start = async (environment: Record<string, string> = {}): Promise<TestGateway> => {
    const gateway = await startTestGateway(upstreamAt(upstream.url, { METRICS_PORT: '0', ...environment }));
    gateways.push(gateway);
    return gateway;
  };
  const paths = async (gateway: TestGateway): Promise<Record<string, number>> => {
    const samples = await scrape(metricsUrl(gateway));
    const count = (path: string): number =>
      sumOf(samples, 'customer_evaluations_prepared_operations_total', { path });
    return { plan: count('plan'), replay: count('replay'), apollo: count('apollo') };
  };

  it.each(['@include(if: false) @skip(if: $c)', '@skip(if: $c) @include(if: false)', '@include(if: $c)'])(
    'operations that are prepared refuse a null condition as the first time, before anything is sent: %s',
    async (conditions) => {
      const gateway = await start();
      const query = `mutation ($i: CreateCustomerEvaluationInput!, $c: Boolean = true) {
        createCustomerEvaluation(input: $i) { idempotencyKey }
        __typename ${conditions}
      }`;
      // Learnt with a condition that is one.
      await gateway.send(query, { i: registration(), c: false });
      upstream.requests.length = 0;
      for (let time = 0; time < 3; time += 1) {
        const { data, errors } = await gateway.send(query, { i: registration(), c: null });
        expect({ data, errors }).toMatchObject({
          data: null,
          errors: [{ extensions: { code: 'BAD_USER_INPUT', effect: 'NONE' } }],
        });
      }
      expect(upstream.requests).toEqual([]);
    },
  );

  it('operations that are prepared take a bounded amount of memory, however many variants their documents have', async () => {
    const gateway = await startTestGateway(
      upstreamAt(upstream.url, { RATE_LIMIT_PER_MINUTE: 'off', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off' }),
      { nodeOptions: ['--max-old-space-size=128', '--max-semi-space-size=4'] },
    );
    gateways.push(gateway);
    upstream.answer(200, loginAnswer);
    const fields = 'score riskLevel evaluatedAt';
    const signals = `accountSharing { ${fields} } multiAccounting { ${fields} }`;
    const aliases = (length: number): string =>
      Array.from({ length }, (_, index) => `s${index}: signals { ...S }`).join(' ');
    const conditions = [0, 1, 2, 3].map((index) => `id @include(if: $v${index})`).join(' ');
    const manyFields = `... on LoginSignals { ${signals} } ... on RegistrationSignals { ${signals} }`;
    const longName = `${'l'.repeat(14_500)}: __typename`;
    for (let document = 0; document < 60; document += 1) {
      const isLong = document % 2 === 1;
      const query = `query Q${document}($v0: Boolean!, $v1: Boolean!, $v2: Boolean!, $v3: Boolean!) {
        customerEvaluation(id: "${loginAnswer.id}") { ${aliases(isLong ? 10 : 20)} ${conditions} }
      }
      fragment S on Signals { ${isLong ? longName : manyFields} }`;
      for (let bits = -1; bits < 16; bits += 1) {
        const variables = Object.fromEntries(
          [0, 1, 2, 3].map((bit) => [`v${bit}`, bits >= 0 && ((bits >> bit) & 1) === 1]),
        );
        expect((await gateway.send(query, variables)).errors).toBeUndefined();
      }
    }
  });

  // Each `{}` takes two characters and, as a value, two hundred bytes.
  const manyObjects = `[[${'{}'.repeat(460)}]]`;
  it.each([
    [
      'a literal',
      `$v0: Boolean!, $v1: Boolean!`,
      `_entities(representations: ${manyObjects}) { ... on CustomerEvaluation { id @include(if: $v0) livemode @include(if: $v1) } }`,
    ],
    [
      'the default value of a variable',
      `$v0: Boolean!, $v1: Boolean!, $r: [_Any!]! = ${manyObjects}`,
      `x: _entities(representations: $r) { __typename @include(if: $v0) } y: customerEvaluation(id: "") { id @include(if: $v1) }`,
    ],
  ])(
    'operations that are prepared take a bounded amount of memory, whatever %s holds',
    async (_, variables, selections) => {
      const gateway = await startTestGateway(
        upstreamAt(upstream.url, { RATE_LIMIT_PER_MINUTE: 'off', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off' }),
        { nodeOptions: ['--max-old-space-size=112', '--max-semi-space-size=4'] },
      );
      gateways.push(gateway);
      for (let document = 0; document < 500; document += 1) {
        const query = `query Q${document}(${variables}) { ${selections} }`;
        for (let bits = -1; bits < 4; bits += 1) {
          const response = await gateway.send(query, { v0: (bits & 1) === 1, v1: (bits & 2) === 2 });
          expect(response.status).toBe(200);
        }
      }
    },
  );

  it('operations that are refused for their cost do not push prepared ones out', async () => {
    const gateway = await start({
      MAX_COST: '1',
      RATE_LIMIT_PER_MINUTE: 'off',
      RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
    });
    await gateway.send(entities, { representations });
    for (let document = 0; document < 510; document += 1) {
      const representation = `{ __typename: "CustomerEvaluation", id: "${id}" }`;
      const { status } = await gateway.send(
        `query Q${document} { _entities(representations: [${representation}, ${representation}]) { __typename } }`,
      );
      expect(status).toBe(400);
    }
    await gateway.send(entities, { representations });
    expect(await paths(gateway)).toMatchObject({ plan: 1 });
  });

  it('operations are prepared even if their text was first sent with the name of another operation', async () => {
    const gateway = await start();
    const query = 'query Mine($id: ID!) { customerEvaluation(id: $id) { id } }';
    const send = (operationName: string) =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, operationName, variables: { id } }),
      });
    expect(await (await send('Nobody')).json()).toMatchObject({
      errors: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }],
    });
    for (let count = 0; count < 3; count += 1) expect((await send('Mine')).status).toBe(200);
    expect(await paths(gateway)).toMatchObject({ plan: 2 });
  });

  it('all shipped operations are prepared from the second time', async () => {
    const gateway = await start();
    for (const file of shipped) {
      const query = readFileSync(`schema/operations/${file}`, 'utf8');
      upstream.answer(200, file.includes('login') ? loginAnswer : registrationAnswer);
      const first = await gateway.send(query, variablesOf[file]);
      const second = await gateway.send(query, variablesOf[file]);
      expect(second.status).toBe(200);
      expect(second.text.replace(/"idempotencyKey":".+?"/, '')).toBe(
        first.text.replace(/"idempotencyKey":".+?"/, ''),
      );
    }
    expect(await paths(gateway)).toEqual({ plan: shipped.length, replay: 0, apollo: shipped.length });
  });

  it('trusted documents are prepared from the first time, by text and by id', async () => {
    const gateway = await start({ TRUSTED_DOCUMENTS: 'only' });
    for (const file of shipped) {
      await gateway.send(readFileSync(`schema/operations/${file}`, 'utf8'), variablesOf[file]);
    }
    expect(await paths(gateway)).toEqual({ plan: shipped.length, replay: 0, apollo: 0 });
    const { operations } = JSON.parse(
      readFileSync('schema/generated/persisted-query-manifest.json', 'utf8'),
    ) as { operations: { id: string; name: string }[] };
    const persisted = operations.find(({ name }) => name === 'CustomerEvaluation');
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        variables: { id },
        extensions: { persistedQuery: { version: 1, sha256Hash: persisted?.id } },
      }),
    });
    expect(await response.json()).toMatchObject({ data: { customerEvaluation: { id } } });
    expect(await paths(gateway)).toMatchObject({ plan: shipped.length + 1 });
    await gateway.flushed();
    // Preparing a document does not run, log or count it.
    expect(gateway.log.filter((line) => line.includes('"msg":"operation"'))).toHaveLength(shipped.length + 1);
  });

  it('the entities that a router requests are prepared', async () => {
    const gateway = await start();
    for (let count = 0; count < 2; count += 1) {
      const { data } = await gateway.send(entities, { representations });
      expect(data).toEqual({ _entities: [{ id, livemode: true }] });
    }
    expect(await paths(gateway)).toEqual({ plan: 1, replay: 0, apollo: 1 });
  });

  it('the least recently used of five hundred prepared operations is evicted for another', async () => {
    const gateway = await start();
    const send = (number: number) => gateway.send(`# ${number}\n{ customerEvaluation(id: "${id}") { id } }`);
    for (let number = 0; number < 501; number += 1) await send(number);
    expect(await paths(gateway)).toEqual({ plan: 0, replay: 0, apollo: 501 });
    await send(500);
    expect(await paths(gateway)).toMatchObject({ plan: 1, apollo: 501 });
    await send(0);
    expect(await paths(gateway)).toMatchObject({ plan: 1, apollo: 502 });
  });

  it('no operation is prepared if PREPARED_OPERATIONS is off', async () => {
    const gateway = await start({ PREPARED_OPERATIONS: 'off' });
    for (let count = 0; count < 3; count += 1)
      await gateway.send(createEverything, { input: registration() });
    expect(await paths(gateway)).toEqual({ plan: 0, replay: 0, apollo: 3 });
  });

  it('an operation with an inline trace is run by Apollo Server, and by its plan again afterwards', async () => {
    const gateway = await start();
    const traced = { 'apollo-federation-include-trace': 'ftv1' };
    await gateway.send(entities, { representations });
    const answer = await gateway.send(entities, { representations }, traced);
    expect(JSON.parse(answer.text).extensions.ftv1).toEqual(expect.any(String));
    await gateway.send(entities, { representations });
    // By now Apollo Server has put its own resolvers into the schema. A document that is prepared later is not
    // affected.
    const other = entities.replace('id livemode', 'livemode');
    for (let count = 0; count < 2; count += 1) await gateway.send(other, { representations });
    expect(await paths(gateway)).toEqual({ plan: 2, replay: 0, apollo: 3 });
  });

  it('a prepared operation is charged once, even if the charge is refused', async () => {
    const many = { representations: Array.from({ length: 4 }, () => representations[0]) };
    const answersOf = async (environment: Record<string, string>): Promise<{ status: number }[]> => {
      const gateway = await start({ RATE_LIMIT_PER_MINUTE: '11', ...environment });
      // Four calls each: the third is refused, and later requests are refused before they are read.
      const answers = [];
      for (const sent of [many, many, many, { representations }]) {
        const { status, headers, text } = await gateway.send(entities, sent, { 'x-request-id': 'request' });
        const isLater = headers.has('retry-after');
        answers.push({ status, isLater, text: text.replace(/"retryAfterMs":\d+/, '') });
      }
      return answers;
    };
    const withPlans = await answersOf({});
    expect(withPlans).toEqual(await answersOf({ PREPARED_OPERATIONS: 'off' }));
    expect(withPlans.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
    expect(await paths(gateways[0] as TestGateway)).toMatchObject({ replay: 1 });
  });

  it('a prepared operation whose response is too large gets an error, like any other', async () => {
    const event = { type: 'login_success', occurred_at: 1_715_769_600 };
    upstream.answer(200, { ...registrationAnswer, events: Array.from({ length: 100 }, () => event) });
    const gateway = await start({ MAX_ALIASES: '1000', MAX_TOKENS: '10000', MAX_DOCUMENT_BYTES: '65536' });
    const fields = Array.from({ length: 300 }, (_, index) => `a_quite_long_alias_of_it_${index}: occurredAt`);
    const query = `{ customerEvaluation(id: "${id}") { events { ${fields.join(' ')} } } }`;
    const answers = [await gateway.send(query), await gateway.send(query)];
    for (const { status, data, errors } of answers) {
      expect({ status, data }).toEqual({ status: 200, data: null });
      expect(errors?.[0]?.message).toMatch(/^The response is larger than this gateway sends/);
    }
    expect(await paths(gateway)).toMatchObject({ plan: 1 });
    const outcomes = (await gateway.flushed())
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'operation')
      .map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
  });
});
