import { readFileSync } from 'node:fs';

// The secret that the subgraph requires with AUTH_MODE=router. Read for each call, so that it can be rotated; it must
// be one of ROUTER_SECRET.
const secretFile = process.env['ROUTER_SECRET_FILE'];
const routerSecret = () =>
  secretFile === undefined ? {} : { 'x-router-secret': readFileSync(secretFile, 'utf8').trim() };

/** What Hive Gateway needs for the sample supergraph: `hive-gateway supergraph --config …/gateway.config.ts`. */
export const gatewayConfig = {
  supergraph: 'deploy/supergraph/supergraph.graphql',
  host: '127.0.0.1',
  port: 4002,
  // No `upstreamRetry`: the subgraph repeats by itself, under one idempotency key, and within one deadline.
  // Longer than the subgraph's own UPSTREAM_DEADLINE_MS, so that its answer is the one that arrives.
  upstreamTimeout: 10_000,
  propagateHeaders: {
    fromClientToSubgraphs({ request }: { request: Request }) {
      // The client's deadline: without it, a call that Stripe does not answer takes the subgraph's 8 seconds.
      const names = ['authorization', 'x-request-id', 'x-request-timeout-ms', 'traceparent', 'tracestate'];
      const passedOn = Object.fromEntries(names.map((name) => [name, request.headers.get(name)]));
      return { ...passedOn, ...routerSecret() };
    },
  },
};
