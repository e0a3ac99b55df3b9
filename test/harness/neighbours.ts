import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import { parse } from 'graphql';
import { customersResolvers } from '../../deploy/supergraph/customers.resolvers.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** A running GraphQL server, by its base URL without the path. */
export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The subgraph that owns customers, the same as in the deployment sample. */
export function startCustomers(): Promise<RunningServer> {
  return startSubgraph(readFileSync('deploy/supergraph/customers.graphql', 'utf8'), customersResolvers);
}

export const ordersSdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { ordersAfter(evaluations: [ID!]!): [Order!]! }
  type Order @key(fields: "id") { id: ID! evaluation: CustomerEvaluation }
  type CustomerEvaluation @key(fields: "id", resolvable: false) { id: ID! }`;

/** A subgraph whose orders refer to evaluations by id. */
export function startOrders(): Promise<RunningServer> {
  return startSubgraph(ordersSdl, {
    Query: {
      ordersAfter: (_, { evaluations }: { evaluations: string[] }) =>
        evaluations.map((id, index) => ({ id: `order_${index}`, evaluation: { id } })),
    },
  });
}

export const reviewsSdl = `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])
  enum CustomerEvaluationEventType { LOGIN REGISTRATION UNKNOWN }
  enum CustomerEvaluationStatus { ALLOWED RESTRICTED BLOCKED UNKNOWN }
  type CustomerEvaluation @key(fields: "id") {
    id: ID!
    eventType: CustomerEvaluationEventType! @external
    status: CustomerEvaluationStatus @external
    reviewQueue: String! @requires(fields: "eventType status")
  }`;

/** A subgraph that adds a field to evaluations, which requires fields of this subgraph. */
export function startReviews(): Promise<RunningServer> {
  return startSubgraph(reviewsSdl, {
    CustomerEvaluation: {
      reviewQueue: ({ eventType, status }: { eventType: string; status: string | null }) =>
        `${eventType.toLowerCase()}/${(status ?? 'OPEN').toLowerCase()}`,
    },
  });
}

/** A subgraph with types of its own under generic names that could conflict. */
export function startCompany(): Promise<RunningServer> {
  return startSubgraph(
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
    scalar DateTime
    type Query { me: Customer  latestSignal: Signal  find(by: CustomerDataInput!): [Customer!]! }
    input CustomerDataInput { loyaltyNumber: Int! }
    input CustomerDetailsInput { data: CustomerDataInput }
    input ClientDataInput { browser: String! }
    type Customer @key(fields: "uuid") { uuid: ID!  name: String!  since: DateTime }
    type Signal { colour: String! }`,
    {
      Query: {
        me: () => ({ uuid: 'u-1', name: 'Jenny', since: '2026-01-01T00:00:00Z' }),
        latestSignal: () => ({ colour: 'green' }),
        find: () => [],
      },
    },
  );
}

async function startSubgraph(sdl: string, resolvers: GraphQLResolverMap<unknown>): Promise<RunningServer> {
  const server = new ApolloServer({
    schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]),
    logger: createLog('error', process.stdout),
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url: new URL(url).origin, close: () => server.stop() };
}
