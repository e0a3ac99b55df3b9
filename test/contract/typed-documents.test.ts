import type { ApolloClient } from '@apollo/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@urql/core';
import { print } from 'graphql';
import type { GraphQLClient } from 'graphql-request';
import {
  type ClientDetailsInput,
  CreateCustomerEvaluationDocument,
  type CreateCustomerEvaluationInput,
  type CreateCustomerEvaluationMutation,
  type CreateCustomerEvaluationMutationVariables,
  type CustomerDetailsInput,
  type CustomerEvaluationReportInput,
  EvaluateLoginDocument,
  type EvaluateLoginMutation,
  type EvaluationContextInput,
} from '../../schema/generated/customer-evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

/*
 * Most of this file is for the compiler: `npm run check:types` fails where a line below that must not compile
 * does, and where one that must does not.
 */
const clientDetails: ClientDetailsInput = { radarSession: 'rse_1' };
const customerDetails: CustomerDetailsInput = { customerData: { email: 'test@example.com' } };

const legal: CreateCustomerEvaluationInput = {
  eventType: 'LOGIN',
  evaluationContext: [
    { clientDetails },
    { customerDetails },
    { clientDetails: { data: { ip: '203.0.113.7' } } },
    { customerDetails: { customer: 'cus_1' } },
  ],
};

// What a frontend might write, and its compiler must not take.
const illegal = [
  // @ts-expect-error both keys of an entry
  { clientDetails, customerDetails } satisfies EvaluationContextInput,
  // @ts-expect-error no key of an entry
  {} satisfies EvaluationContextInput,
  // @ts-expect-error a null for an entry's key
  { clientDetails: null } satisfies EvaluationContextInput,
  // @ts-expect-error both ways to name a client
  { radarSession: 'rse_1', data: { ip: '203.0.113.7' } } satisfies ClientDetailsInput,
  // @ts-expect-error both ways to name a customer
  { customer: 'cus_1', customerData: { email: 'test@example.com' } } satisfies CustomerDetailsInput,
  // @ts-expect-error client data without its address
  { data: { userAgent: 'Mozilla/5.0' } } satisfies ClientDetailsInput,
  // @ts-expect-error an unknown field
  { customerData: { mail: 'test@example.com' } } satisfies CustomerDetailsInput,
  // @ts-expect-error no context
  { eventType: 'LOGIN' } satisfies CreateCustomerEvaluationInput,
  // @ts-expect-error an event type that does not exist
  { eventType: 'LOGOUT', evaluationContext: [] } satisfies CreateCustomerEvaluationInput,
  // @ts-expect-error no variables
  {} satisfies CreateCustomerEvaluationMutationVariables,
  // @ts-expect-error two outcomes in one report
  { loginSucceeded: 'OCCURRED', outcome: { status: 'ALLOWED' } } satisfies CustomerEvaluationReportInput,
  // @ts-expect-error a failed login without its reason
  { loginFailed: {} } satisfies CustomerEvaluationReportInput,
  // @ts-expect-error a status that does not exist
  { outcome: { status: 'MAYBE' } } satisfies CustomerEvaluationReportInput,
  // @ts-expect-error a Boolean where there is one value of an enum
  { loginSucceeded: true } satisfies CustomerEvaluationReportInput,
];

// What no client lets anybody send, or read. Never run.
const refusedByClients = [
  (client: ApolloClient) =>
    // @ts-expect-error no customer
    client.mutate({ mutation: EvaluateLoginDocument, variables: { radarSession: 'rse_1' } }),
  (client: Client) =>
    // @ts-expect-error no customer
    client.mutation(EvaluateLoginDocument, { radarSession: 'rse_1' }),
  (client: GraphQLClient) =>
    // @ts-expect-error no customer
    client.request(EvaluateLoginDocument, { radarSession: 'rse_1' }),
  (signals: Extract<Signals, { __typename: 'LoginSignals' }>) =>
    // @ts-expect-error a member that is nobody's
    signals.cardTesting,
  // @ts-expect-error not narrowed: a member may have another signal than this one
  (signals: LoginOnly) => signals.accountSharing,
];

type Payload = NonNullable<CreateCustomerEvaluationMutation['createCustomerEvaluation']>;
type LoginOnly = NonNullable<
  NonNullable<NonNullable<EvaluateLoginMutation['createCustomerEvaluation']>['customerEvaluation']>['signals']
>;
type Signals = NonNullable<NonNullable<Payload['customerEvaluation']>['signals']>;

/** As a frontend reads it: each event type by its own signal. */
function ownSignal(signals: Signals): { name: string; score: number | undefined } {
  switch (signals.__typename) {
    case 'LoginSignals':
      return { name: 'account sharing', score: signals.accountSharing?.score };
    case 'RegistrationSignals':
      return { name: 'multi-accounting', score: signals.multiAccounting?.score };
    default:
      // A member that this switch forgets does not compile.
      return signals satisfies never;
  }
}

describe('the typed documents', () => {
  it('leave each of the illegal inputs above to the compiler, which refuses them all', () => {
    expect(illegal).toHaveLength(14);
    expect(refusedByClients).toHaveLength(5);
  });

  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ STRIPE_API_VERSION: '2026-06-24.preview' });
  });
  afterAll(() => gateway.close());

  it.each([
    { eventType: 'LOGIN' as const, name: 'account sharing' },
    { eventType: 'REGISTRATION' as const, name: 'multi-accounting' },
  ])('tell the signals of a $eventType apart', async ({ eventType, name }) => {
    const variables: CreateCustomerEvaluationMutationVariables = { input: { ...legal, eventType } };
    const answer = await gateway.send(print(CreateCustomerEvaluationDocument), variables);
    const data: CreateCustomerEvaluationMutation = answer.data;
    const signals = data.createCustomerEvaluation?.customerEvaluation?.signals;
    expect(signals == null ? signals : ownSignal(signals)).toEqual({ name, score: expect.any(Number) });
  });
});
