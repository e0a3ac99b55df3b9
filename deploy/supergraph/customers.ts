import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { customersResolvers } from './customers.resolvers.ts';

// `npm run supergraph:customers`: a demo subgraph beside the gateway.
const server = new ApolloServer({
  schema: buildSubgraphSchema([
    {
      typeDefs: parse(readFileSync(new URL('./customers.graphql', import.meta.url), 'utf8')),
      resolvers: customersResolvers,
    },
  ]),
});

// startStandaloneServer neither rejects for a taken port nor gives access to its server.
const onError = (error: NodeJS.ErrnoException): never => {
  if (error.code !== 'EADDRINUSE') throw error;
  process.stderr.write(
    'Port 4001, which supergraph.yaml names, is in use: stop the process that listens on it.\n',
  );
  process.exit(1);
};
process.once('uncaughtException', onError);
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 4001 } });
process.off('uncaughtException', onError);
process.stderr.write(`The customers subgraph: ${url}graphql\n`);
