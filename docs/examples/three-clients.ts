import type { ApolloClient } from '@apollo/client';
import type { Client } from '@urql/core';
import { EvaluateLoginDocument, type EvaluateLoginMutation } from 'customer-evaluations';
import type { GraphQLClient } from 'graphql-request';

// A missing or misspelt variable does not compile.
const variables = { radarSession: 'rse_1', customer: 'cus_sandbox_highest' };

export const withApollo = (client: ApolloClient) =>
  client.mutate({ mutation: EvaluateLoginDocument, variables }).then(({ data }) => riskIn(data));
export const withUrql = (client: Client) =>
  client.mutation(EvaluateLoginDocument, variables).then(({ data }) => riskIn(data));
export const withGraphQLRequest = (client: GraphQLClient) =>
  client.request(EvaluateLoginDocument, variables).then(riskIn);

/** Works on the data of each client: failures are data, and `__typename` tells the signals apart. */
function riskIn(data: EvaluateLoginMutation | null | undefined) {
  const { customerEvaluation, errors = [] } = data?.createCustomerEvaluation ?? {};
  if (!customerEvaluation) return errors[0]?.code;
  const { signals } = customerEvaluation;
  return signals?.__typename === 'LoginSignals' ? signals.accountSharing?.riskLevel : null; // 'HIGHEST'
}
