import type { Issuer } from '../harness/issuer.ts';

/** A server to be measured. */
export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: (upstream: string, issuer: Issuer) => Record<string, string>;
  /** Headers that a caller sends in addition to the content type. */
  readonly headers: (issuer: Issuer) => Promise<Record<string, string>>;
  /** Whether the customer is given by data (the default) or by a Stripe id. */
  readonly customer?: 'data' | 'id';
}

const baseline = (name: string, file: string): Contestant => ({
  name,
  command: [`test/bench/baselines/${file}`],
  environment: (upstream) => ({ UPSTREAM_URL: upstream, NODE_ENV: 'production' }),
  headers: async () => ({}),
});

/** Rate limits are on, but never reached. */
const limitsOutOfReach = {
  RATE_LIMIT_PER_MINUTE: '1000000',
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '1000000',
  // A pause of the machine must not count as a cost of the mutation.
  MAX_EVENT_LOOP_DELAY_MS: '2000',
};

/** The defaults: rate limits, circuit breaker, retry budget, operation limits and a log line for each operation. */
const gateway: Contestant = {
  name: 'gateway',
  // As `npm start` and the container start it.
  command: ['--max-semi-space-size=64', 'dist/main.js'],
  environment: (upstream) => ({
    STRIPE_API_URL: upstream,
    STRIPE_SECRET_KEY: 'sk_test_bench',
    NODE_ENV: 'production',
    AUTH_MODE: 'none',
    ...limitsOutOfReach,
  }),
  headers: async () => ({}),
};

const gatewayWithEverything: Contestant = {
  ...gateway,
  name: 'gateway, everything on',
  environment: (upstream, issuer) => ({
    ...gateway.environment(upstream, issuer),
    ...issuer.environment(),
    TRUSTED_DOCUMENTS: 'only',
    TRUSTED_DOCUMENTS_PATH: 'test/bench/operations',
    METRICS_PORT: '0',
  }),
  headers: async (issuer) => {
    // Longer than it takes to measure all contestants.
    const token = await issuer.token({ exp: Math.floor(Date.now() / 1000) + 3_600 });
    return { authorization: `Bearer ${token}` };
  },
};

/** The same against Stripe's v2 API, with signals that are complete immediately. */
const gatewayOnV2: Contestant = {
  ...gatewayWithEverything,
  name: 'gateway, everything on, v2',
  customer: 'id',
  environment: (upstream, issuer) => ({
    ...gatewayWithEverything.environment(upstream, issuer),
    STRIPE_API: 'v2',
  }),
};

/** Without plans, as if each operation came for the first time. */
const gatewayWithoutPlans: Contestant = {
  ...gatewayWithEverything,
  name: 'gateway, everything on, plans off',
  environment: (upstream, issuer) => ({
    ...gatewayWithEverything.environment(upstream, issuer),
    PREPARED_OPERATIONS: 'off',
  }),
};

export const limit = baseline('limit: bare proxy', 'limit.js');

/** The limit comes first, because every figure is also given as a multiple of it. */
export const contestants: readonly Contestant[] = [
  limit,
  gateway,
  gatewayWithEverything,
  gatewayWithoutPlans,
  gatewayOnV2,
  baseline('Fastify + Mercurius jit + undici', 'mercurius.js'),
  baseline('Yoga + undici', 'yoga.js'),
  baseline('Apollo Server + Stripe SDK', 'apollo-stripe.js'),
];

/** The gateway with different settings. */
export const gatewayWith = (settings: Record<string, string>): Contestant => ({
  ...gateway,
  environment: (upstream, issuer) => ({ ...gateway.environment(upstream, issuer), ...settings }),
});
