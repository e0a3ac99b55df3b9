// What a team would write with Apollo Server's standalone server and Stripe's SDK.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import Stripe from 'stripe';
import { resolvers, typeDefs } from './graph.js';

const { hostname, port } = new URL(process.env.UPSTREAM_URL);
const stripe = new Stripe('sk_test_bench', {
  host: hostname,
  port,
  protocol: 'http',
  maxNetworkRetries: 2,
  telemetry: false,
});

const call = (input, idempotencyKey) =>
  stripe.rawRequest(
    'POST',
    '/v1/radar/customer_evaluations',
    {
      event_type: input.eventType.toLowerCase(),
      evaluation_context: input.evaluationContext.map(({ clientDetails, customerDetails }) =>
        clientDetails
          ? { type: 'client_details', client_details: { radar_session: clientDetails.radarSession } }
          : {
              type: 'customer_details',
              customer_details: {
                customer: customerDetails.customer,
                customer_data: customerDetails.customerData,
              },
            },
      ),
    },
    { apiVersion: '2026-03-04.preview', idempotencyKey },
  );

const server = new ApolloServer({ typeDefs, resolvers: resolvers(call) });
await startStandaloneServer(server, { listen: { port: Number(process.env.PORT), host: '127.0.0.1' } });
console.log('listening');
