import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { createGatewayRuntime, type UnifiedGraphHandler } from '@graphql-hive/gateway-runtime';
import { composeServices as composeWithGuild } from '@theguild/federation-composition';
import { type DocumentNode, parse } from 'graphql';
import { gatewayConfig } from '../../deploy/supergraph/gateway.config.ts';
import { createLog } from '../../src/telemetry/log.ts';
import type { RunningServer } from '../harness/neighbours.ts';

/** A subgraph as composition takes it. */
export interface ComposedSubgraph {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: DocumentNode;
}

/** Reads the SDL that each subgraph serves, as a composer or router does. */
export async function introspectSubgraphs(
  servers: Record<string, RunningServer>,
): Promise<ComposedSubgraph[]> {
  return Promise.all(
    Object.entries(servers).map(async ([name, server]) => {
      const url = `${server.url}/graphql`;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ _service { sdl } }' }),
      });
      const { data } = (await response.json()) as { data: { _service: { sdl: string } } };
      return { name, url, typeDefs: parse(data._service.sdl) };
    }),
  );
}

/** Introspected, composed and run by Apollo Gateway, which sends these headers with every request to a subgraph. */
export async function startApolloGateway(
  subgraphs: readonly Pick<ComposedSubgraph, 'name' | 'url'>[],
  headers: Record<string, string> = {},
): Promise<RunningServer> {
  const server = new ApolloServer({
    gateway: new ApolloGateway({
      supergraphSdl: new IntrospectAndCompose({
        subgraphs: subgraphs.map(({ name, url }) => ({ name, url })),
        subgraphHealthCheck: true,
      }),
      buildService: ({ url = '' }) =>
        new RemoteGraphQLDataSource({
          url,
          willSendRequest({ request }) {
            for (const [name, value] of Object.entries(headers)) request.http?.headers.set(name, value);
          },
        }),
      // Only errors: Apollo Gateway would warn that polling is off.
      logger: createLog('error', process.stdout),
    }),
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url: new URL(url).origin, close: () => server.stop() };
}

/** Composed by The Guild's tools and run by Hive Gateway with its planner in JavaScript. */
export async function startHiveGateway(subgraphs: ComposedSubgraph[]): Promise<RunningServer> {
  return startHiveRuntime(composedByTheGuild(subgraphs));
}

export function composedByTheGuild(subgraphs: ComposedSubgraph[]): string {
  const { supergraphSdl, errors } = composeWithGuild(subgraphs);
  if (supergraphSdl === undefined) throw new Error(String(errors));
  return supergraphSdl;
}

/**
 * A supergraph run by Hive Gateway with the sample’s configuration, and planned in Rust if a handler is
 * given.
 */
export async function startHiveRuntime(
  supergraph: string,
  planner: { unifiedGraphHandler?: UnifiedGraphHandler } = {},
): Promise<RunningServer> {
  const runtime = createGatewayRuntime({ ...gatewayConfig, supergraph, logging: false, ...planner });
  const server = createServer(runtime);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await runtime.dispose();
    },
  };
}
