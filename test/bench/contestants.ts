/** One of those that are measured. */
export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: (upstream: string) => Record<string, string>;
}

const baseline = (name: string, file: string): Contestant => ({
  name,
  command: [`test/bench/baselines/${file}`],
  environment: (upstream) => ({ UPSTREAM_URL: upstream, NODE_ENV: 'production' }),
});

const gateway = (name: string, rest: Record<string, string>): Contestant => ({
  name,
  command: ['dist/main.js'],
  environment: (upstream) => ({
    STRIPE_API_URL: upstream,
    STRIPE_SECRET_KEY: 'sk_test_bench',
    NODE_ENV: 'production',
    AUTH_MODE: 'none',
    // On, and out of reach.
    RATE_LIMIT_PER_MINUTE: '1000000',
    RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '1000000',
    UPSTREAM_MAX_CONCURRENCY: '20000',
    UPSTREAM_TIMEOUT_MS: '20000',
    UPSTREAM_DEADLINE_MS: '30000',
    ...rest,
  }),
});

/** The limit first: every figure is also given as its multiple. */
export const contestants: readonly Contestant[] = [
  baseline('limit: bare proxy', 'limit.js'),
  gateway('gateway', {}),
  baseline('Fastify + Mercurius jit + undici', 'mercurius.js'),
  baseline('Yoga + undici', 'yoga.js'),
  baseline('Apollo Server + Stripe SDK', 'apollo-stripe.js'),
];

/** What each is asked: the mutation of a sign-up form. */
export const request = JSON.stringify({
  query: `mutation Create($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) {
    customerEvaluation { id eventType createdAt customer { id } signals {
      ... on RegistrationSignals { multiAccounting { score riskLevel evaluatedAt } }
      ... on LoginSignals { accountSharing { score riskLevel evaluatedAt } } } }
    errors { code message path } idempotencyKey } }`,
  operationName: 'Create',
  variables: {
    input: {
      eventType: 'REGISTRATION',
      evaluationContext: [
        { clientDetails: { radarSession: 'rse_1ST9qQ9XxSPY66dBmI6YhJ9u' } },
        {
          customerDetails: {
            customerData: { email: 'test@example.com', name: 'Test User', phone: '1234567890' },
          },
        },
      ],
    },
  },
});
