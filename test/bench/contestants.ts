import type { Issuer } from '../harness/issuer.ts';

/** One of those that are measured. */
export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: (upstream: string, issuer: Issuer) => Record<string, string>;
  /** What a caller sends beside the content type. */
  readonly headers: (issuer: Issuer) => Promise<Record<string, string>>;
  /** Whether the customer is named by data, as a rule, or by a Stripe id. */
  readonly customer?: 'data' | 'id';
}

const baseline = (name: string, file: string): Contestant => ({
  name,
  command: [`test/bench/baselines/${file}`],
  environment: (upstream) => ({ UPSTREAM_URL: upstream, NODE_ENV: 'production' }),
  headers: async () => ({}),
});

/** On, and out of reach. */
const limitsOutOfReach = {
  RATE_LIMIT_PER_MINUTE: '1000000',
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '1000000',
  // A machine that pauses for others is none of what a mutation costs.
  MAX_EVENT_LOOP_DELAY_MS: '2000',
};

/** As installed: rate limits, breaker, retry budget, operation limits and a log line for each operation. */
const gateway: Contestant = {
  name: 'gateway',
  command: ['dist/main.js'],
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
    // Longer than it takes to measure all of them in turn.
    const token = await issuer.token({ exp: Math.floor(Date.now() / 1000) + 3_600 });
    return { authorization: `Bearer ${token}` };
  },
};

/** The same in front of Stripe's v2 API, whose signals are complete immediately. */
const gatewayOnV2: Contestant = {
  ...gatewayWithEverything,
  name: 'gateway, everything on, v2',
  customer: 'id',
  environment: (upstream, issuer) => ({
    ...gatewayWithEverything.environment(upstream, issuer),
    STRIPE_API: 'v2',
  }),
};

/** Every operation as if it came for the first time. */
const gatewayWithoutPlans: Contestant = {
  ...gatewayWithEverything,
  name: 'gateway, everything on, plans off',
  environment: (upstream, issuer) => ({
    ...gatewayWithEverything.environment(upstream, issuer),
    PREPARED_OPERATIONS: 'off',
  }),
};

export const limit = baseline('limit: bare proxy', 'limit.js');

/** The limit comes first: every figure is also given as a multiple of it. */
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

/** A gateway with other settings. */
export const gatewayWith = (settings: Record<string, string>): Contestant => ({
  ...gateway,
  environment: (upstream, issuer) => ({ ...gateway.environment(upstream, issuer), ...settings }),
});
