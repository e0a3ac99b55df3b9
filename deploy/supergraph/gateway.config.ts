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
      const names = ['authorization', 'x-request-id', 'traceparent', 'tracestate'];
      return Object.fromEntries(names.map((name) => [name, request.headers.get(name)]));
    },
  },
};
