import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { print } from 'graphql';
import {
  CreateCustomerEvaluationDocument,
  type CreateCustomerEvaluationMutation,
  type CreateCustomerEvaluationMutationVariables,
} from '../../schema/generated/customer-evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { illegal, legal, ownSignal, refusedByClients } from './illegal-inputs.ts';

describe('the typed documents', () => {
  it('the typed documents make the compiler refuse each illegal input', () => {
    const source = readFileSync('test/contract/illegal-inputs.ts', 'utf8');
    const refused = source.match(/^ +\/\/ @ts-expect-error /gm);
    expect(refused).toHaveLength(illegal.length + refusedByClients.length);
    expect(illegal.length).toBeGreaterThan(10);
  });

  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ STRIPE_API_VERSION: '2026-06-24.preview' });
  });
  afterAll(() => gateway.close());

  it.each([
    { eventType: 'LOGIN' as const, name: 'account sharing' },
    { eventType: 'REGISTRATION' as const, name: 'multi-accounting' },
  ])('the typed documents distinguish the signals of a $eventType', async ({ eventType, name }) => {
    const variables: CreateCustomerEvaluationMutationVariables = { input: { ...legal, eventType } };
    const answer = await gateway.send(print(CreateCustomerEvaluationDocument), variables);
    const { data }: { data: CreateCustomerEvaluationMutation } = JSON.parse(answer.text);
    const signals = data.createCustomerEvaluation?.customerEvaluation?.signals;
    expect(signals == null ? signals : ownSignal(signals)).toEqual({ name, score: expect.any(Number) });
  });
});
