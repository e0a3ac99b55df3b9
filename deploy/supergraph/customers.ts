import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

// `npm run supergraph:customers`: a subgraph to play with, which knows a name for every customer. A company would look
// up here which of its customers a `cus_…` is.
const customer = ({ id }: { id: string }) => ({
  id,
  name: `The customer ${id}`,
  stripeCustomer: { id: `cus_${id}` },
});
const stripeCustomer = ({ id }: { id: string }) => ({
  id,
  customer: customer({ id: id.replace(/^cus_/, '') }),
});
const server = new ApolloServer({
  schema: buildSubgraphSchema([
    {
      typeDefs: parse(readFileSync(new URL('./customers.graphql', import.meta.url), 'utf8')),
      resolvers: {
        Query: { customer: (_source: unknown, reference: { id: string }) => customer(reference) },
        Customer: { __resolveReference: customer },
        StripeCustomer: { __resolveReference: stripeCustomer },
      },
    },
  ]),
});
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 4001 } });
process.stderr.write(`The customers subgraph: ${url}graphql\n`);
