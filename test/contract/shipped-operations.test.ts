import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, validate } from 'graphql';
import { customerEvaluationModule } from '../../src/customer-evaluation/customer-evaluation.module.ts';
import { buildSubgraph } from '../../src/graph/subgraph-schema.ts';
import { createEverything, registration } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

// Variables for each shipped operation, for an evaluation with this id.
const variablesOf = (id: string): Readonly<Record<string, object>> => ({
  'create-customer-evaluation.graphql': { input: registration() },
  'evaluate-login.graphql': { radarSession: 'rse_1', customer: 'cus_1', idempotencyKey: null },
  'evaluate-registration.graphql': {
    radarSession: 'rse_1',
    customerData: { email: 'test@example.com', name: 'Test User' },
    idempotencyKey: 'my key',
  },
  'customer-evaluation.graphql': { id },
  'report-customer-evaluation.graphql': { id, report: { outcome: { status: 'ALLOWED' } } },
});

const shipped = readdirSync('schema/operations').sort();

describe('the operations that are shipped to frontends', () => {
  let gateway: TestGateway;
  let id: string;

  beforeAll(async () => {
    // The version that supports every call.
    gateway = await startTestGateway({ STRIPE_API_VERSION: '2026-06-24.preview' });
    const { data } = await gateway.send(createEverything, { input: registration() });
    id = data.createCustomerEvaluation.customerEvaluation.id;
  });
  afterAll(() => gateway.close());

  it('the shipped operations all have variables in this test', () => {
    expect(shipped).toEqual(Object.keys(variablesOf('')).sort());
  });

  it.each(shipped)('the operation %s is valid, and works', async (file) => {
    const operation = readFileSync(`schema/operations/${file}`, 'utf8');
    expect(validate(buildSubgraph([customerEvaluationModule(undefined)]).schema, parse(operation))).toEqual(
      [],
    );

    const { data, errors } = await gateway.send(operation, variablesOf(id)[file]);
    expect(errors).toBeUndefined();
    const [answer] = Object.values(data) as [{ errors?: unknown[]; customerEvaluation?: object }];
    expect(answer.errors ?? []).toEqual([]);
    expect(answer.customerEvaluation ?? answer).toMatchObject({ id: expect.stringMatching(/^ceval_/) });
  });
});
