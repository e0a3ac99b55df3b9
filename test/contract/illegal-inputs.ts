/*
 * For the compiler: it fails if a line that must not compile does, or if one that must compile does not. `npm run
 * check:types` compiles it with the project, and a test compiles it against the package that clients install.
 */
import type { ApolloClient } from '@apollo/client';
import type { Client } from '@urql/core';
import type { GraphQLClient } from 'graphql-request';
import {
  type CreateCustomerEvaluationInput,
  type CreateCustomerEvaluationMutation,
  type CreateCustomerEvaluationMutationVariables,
  type CustomerEvaluationReportInput,
  EvaluateLoginDocument,
  type EvaluateLoginMutation,
  type EvaluationClientDetailsInput,
  type EvaluationContextInput,
  type EvaluationCustomerDetailsInput,
} from '../../schema/generated/customer-evaluations.ts';

const clientDetails: EvaluationClientDetailsInput = { radarSession: 'rse_1' };
const customerDetails: EvaluationCustomerDetailsInput = { customerData: { email: 'test@example.com' } };

export const legal: CreateCustomerEvaluationInput = {
  eventType: 'LOGIN',
  evaluationContext: [
    { clientDetails },
    { customerDetails },
    { clientDetails: { data: { ip: '203.0.113.7' } } },
    { customerDetails: { customer: 'cus_1' } },
  ],
};

// Mistakes in a frontend that the compiler must reject.
export const illegal = [
  // @ts-expect-error both keys of an entry
  { clientDetails, customerDetails } satisfies EvaluationContextInput,
  // @ts-expect-error no key of an entry
  {} satisfies EvaluationContextInput,
  // @ts-expect-error a null for an entry's key
  { clientDetails: null } satisfies EvaluationContextInput,
  // @ts-expect-error both ways to name a client
  { radarSession: 'rse_1', data: { ip: '203.0.113.7' } } satisfies EvaluationClientDetailsInput,
  // @ts-expect-error both ways to name a customer
  { customer: 'cus_1', customerData: { email: 'test@example.com' } } satisfies EvaluationCustomerDetailsInput,
  // @ts-expect-error client data without its address
  { data: { userAgent: 'Mozilla/5.0' } } satisfies EvaluationClientDetailsInput,
  // @ts-expect-error an unknown field
  { customerData: { mail: 'test@example.com' } } satisfies EvaluationCustomerDetailsInput,
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

// What no client lets a frontend send or read. Compiled, but never run.
export const refusedByClients = [
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

/** How a frontend reads signals: each event type by its own signal. */
export function ownSignal(signals: Signals): { name: string; score: number | null | undefined } {
  switch (signals.__typename) {
    case 'LoginSignals':
      return { name: 'account sharing', score: signals.accountSharing?.score };
    case 'RegistrationSignals':
      return { name: 'multi-accounting', score: signals.multiAccounting?.score };
    default:
      // A switch that forgets a member does not compile.
      return signals satisfies never;
  }
}
