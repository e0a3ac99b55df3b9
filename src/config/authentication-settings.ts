import type { AuthenticationSettings } from '../access/authentication.ts';
import type { Settings } from './settings.ts';

export function authenticationOf(values: Settings): AuthenticationSettings {
  switch (values.AUTH_MODE) {
    case 'jwt':
      // `combinationFaults` has checked that all of them are set.
      return {
        mode: 'jwt',
        jwksUrl: values.JWT_JWKS_URL ?? '',
        issuer: values.JWT_ISSUER ?? '',
        audiences: values.JWT_AUDIENCE ?? [],
        audienceClaim: values.JWT_AUDIENCE_CLAIM,
        clockToleranceSeconds: values.JWT_CLOCK_TOLERANCE_SECONDS,
        customerClaim: values.JWT_CUSTOMER_CLAIM,
        accountClaim: values.JWT_STRIPE_ACCOUNT_CLAIM,
      };
    case 'router':
      return {
        mode: 'router',
        secrets: values.ROUTER_SECRET ?? [],
        requiredHeaders: values.ROUTER_REQUIRED_HEADERS ?? [],
        namesAccounts: values.STRIPE_ACCOUNTS === 'callers',
      };
    default:
      return { mode: 'none' };
  }
}
