const secret = 'a-secret-of-the-router-with-32-characters-and-more';

/** A gateway with these settings takes the Stripe account of each call from its router. */
export const accountsOfCallers = {
  AUTH_MODE: 'router',
  ROUTER_SECRET: secret,
  STRIPE_ACCOUNTS: 'callers',
} as const;

/**
 * The headers with which the router names the Stripe account of a call; undefined for a caller without one. Each
 * account has its own circuit breaker, retry budget and limits, so tests with an account each can share a gateway.
 */
export function inAccount(account: string | undefined): Record<string, string> {
  return {
    'x-router-secret': secret,
    'x-caller-subject': 'somebody',
    ...(account === undefined ? {} : { 'x-caller-account': account }),
  };
}
