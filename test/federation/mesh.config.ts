import { defineConfig, loadGraphQLHTTPSubgraph } from '@graphql-mesh/compose-cli';

// The test's subgraphs as `name=url` or `name=url=file`. Without a file, the SDL is fetched from the running subgraph.
const subgraphs = (process.env['SUBGRAPHS'] ?? '').split(' ').map((pair) => pair.split('='));
const secret = process.env['SUBGRAPH_SECRET'];

export const composeConfig = defineConfig({
  subgraphs: subgraphs.map(([name = '', endpoint = '', source]) => ({
    sourceHandler: loadGraphQLHTTPSubgraph(name, {
      endpoint,
      ...(source === undefined ? {} : { source }),
      federation: process.env['FEDERATION'] === 'true',
      ...(secret === undefined ? {} : { schemaHeaders: { 'x-router-secret': secret } }),
    }),
  })),
});
