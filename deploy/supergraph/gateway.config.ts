import { readFileSync } from 'node:fs';

// The secret that the subgraph requires with AUTH_MODE=router: the first of ROUTER_SECRET, or of the file that
// ROUTER_SECRET_FILE names. The file is read for each call, so that the secret can be rotated.
const routerSecret = () => {
  const { ROUTER_SECRET_FILE: file, ROUTER_SECRET: text = '' } = process.env;
  const [first = ''] = (file ? readFileSync(file, 'utf8') : text).split(',');
  return first.trim() === '' ? {} : { 'x-router-secret': first.trim() };
};

/** A list, separated by commas, in a variable; empty if it is not set. */
const listIn = (name: string): string[] =>
  (process.env[name] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

// A page whose host name resolves to this machine (DNS rebinding) is of the same origin: no CORS stops it.
const ownHosts = listIn('ROUTER_HOSTS');
const hosts = ownHosts.length > 0 ? ownHosts : ['localhost', '127.0.0.1', '[::1]'];

interface IncomingRequest {
  readonly url: URL;
  endResponse(response: Response): void;
}

// The exact origins of pages that call the router. Hive Gateway would answer every origin.
const origins = listIn('ROUTER_CORS_ORIGINS');

/** What Hive Gateway needs for the sample supergraph: `hive-gateway supergraph --config …/gateway.config.ts`. */
export const gatewayConfig = {
  supergraph: 'deploy/supergraph/supergraph.graphql',
  host: '127.0.0.1',
  port: 4002,
  cors: origins.length > 0 && { origin: origins, methods: ['GET', 'POST'] },
  // A form needs no preflight. This refuses requests without one of the headers that make a browser ask first.
  csrfPrevention: { requestHeaders: ['graphql-require-preflight'] },
  plugins: () => [
    {
      onRequest({ url, endResponse }: IncomingRequest) {
        if (!hosts.includes(url.hostname)) endResponse(new Response(null, { status: 421 }));
      },
    },
  ],
  // No `upstreamRetry`: the subgraph retries by itself, under one idempotency key and within one deadline.
  // Longer than the subgraph's own UPSTREAM_DEADLINE_MS, so that its answer is the one that arrives.
  upstreamTimeout: 10_000,
  propagateHeaders: {
    fromClientToSubgraphs({ request, subgraphName }: { request: Request; subgraphName: string }) {
      // The client's deadline: without it, a call that Stripe does not answer takes the subgraph's 8 seconds.
      const names = ['x-request-id', 'x-request-timeout-ms', 'traceparent', 'tracestate'];
      const passedOn = Object.fromEntries(names.map((name) => [name, request.headers.get(name)]));
      // Other subgraphs must not get the credentials for this one.
      if (subgraphName !== 'customer-evaluations') return passedOn;
      return { ...passedOn, authorization: request.headers.get('authorization'), ...routerSecret() };
    },
  },
};
