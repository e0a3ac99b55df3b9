import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, validate } from 'graphql';
import { buildSubgraph } from '../../src/subgraph/subgraph-schema.ts';
import { registration } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

// Variables for each operation that is shipped to frontends.
const variables: Readonly<Record<string, object>> = {
  'create-customer-evaluation.graphql': { input: registration() },
  'evaluate-login.graphql': { radarSession: 'rse_1', customer: 'cus_1', idempotencyKey: null },
  'evaluate-registration.graphql': {
    radarSession: 'rse_1',
    customerData: { email: 'test@example.com', name: 'Test User' },
    idempotencyKey: 'my key',
  },
};

const shipped = readdirSync('schema/operations').sort();

describe('the operations that are shipped to frontends', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  it('have variables here, each of them', () => {
    expect(shipped).toEqual(Object.keys(variables).sort());
  });

  it.each(shipped)('%s fits the schema, and makes one evaluation', async (file) => {
    const operation = readFileSync(`schema/operations/${file}`, 'utf8');
    expect(validate(buildSubgraph(undefined).schema, parse(operation))).toEqual([]);

    const before = gateway.sandbox?.created ?? Number.NaN;
    const { data, errors } = await gateway.send(operation, variables[file]);
    expect(errors).toBeUndefined();
    expect(data.createCustomerEvaluation).toMatchObject({
      customerEvaluation: {
        id: expect.stringMatching(/^ceval_/),
        signals: { __typename: expect.any(String) },
      },
      errors: [],
    });
    expect(gateway.sandbox?.created).toBe(before + 1);
  });
});
