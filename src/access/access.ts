import type { Logger } from 'pino';
import type { OutgoingRequests } from '../stripe/http/outgoing-requests.ts';
import type { StripeAccount } from '../stripe/http/per-account.ts';
import { type AuthenticationSettings, type Authenticator, createAuthenticator } from './authentication.ts';
import { type Caller, type Pseudonymize, pseudonymizer } from './caller.ts';
import { type Permissions, permissionsOf } from './permissions.ts';
import { type RateLimitSettings, RateLimits } from './rate-limits.ts';
import type { RedisRateLimitStore } from './redis-rate-limit-store.ts';

/** Authentication, permissions and rate limits of callers. */
export interface Access {
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly pseudonymize: Pseudonymize;
  readonly permissionsOf: (caller: Caller) => Permissions;
  /**
   * The Stripe account of the caller's calls; undefined for the configured one, null if there is none and calls can't
   * be made.
   */
  readonly accountOf: (caller: Caller) => StripeAccount | null;
  /** Whether addresses distinguish callers. False behind a router: all calls come from its address. */
  readonly countsAddresses: boolean;
}

export interface AccessSettings {
  readonly authentication: AuthenticationSettings;
  readonly rateLimits: RateLimitSettings;
  /** Whether each caller names its own account, or all calls use the configured one. */
  readonly stripeAccounts: 'one' | 'callers';
  /** For callers that name no account. */
  readonly stripe: { readonly account: StripeAccount };
  /** Whether scores and levels are shown to every caller, or only to those with the scope. */
  readonly signalsVisibility: 'all' | 'scoped';
  /** The key of the hashes that stand for callers and addresses in logs and shared counters. */
  readonly pseudonymKey: string;
}

interface OpenAccess extends Access {
  /** Replaces the key for pseudonyms. */
  renewPseudonymKey(key: string): void;
  /** Stops fetching the key set, and closes the connection to Redis. */
  close(): void;
}

export async function createAccess(
  settings: AccessSettings,
  outgoing: OutgoingRequests,
  log: Logger,
): Promise<OpenAccess> {
  const { authentication, rateLimits } = settings;
  let underKey = pseudonymizer(settings.pseudonymKey);
  const pseudonymize: Pseudonymize = (name) => underKey(name);
  const { redisUrl } = rateLimits;
  const store = redisUrl === undefined ? undefined : await openStore(redisUrl, pseudonymize, log);
  const keySetChanged = stateLogger(log, 'the key set of JWT_JWKS_URL is');
  const authenticator = createAuthenticator(authentication, outgoing, keySetChanged);
  const limits = new RateLimits(rateLimits, store);
  return {
    renewPseudonymKey: (key) => {
      underKey = pseudonymizer(key);
    },
    close: () => {
      authenticator.close();
      limits.close();
    },
    authenticator,
    limits,
    pseudonymize,
    accountOf: (caller) =>
      settings.stripeAccounts === 'one' ? undefined : (caller.account ?? settings.stripe.account ?? null),
    permissionsOf: (caller) => permissionsOf(caller, settings.signalsVisibility),
    countsAddresses: authentication.mode !== 'router',
  };
}

// The client library is loaded only if Redis is configured.
async function openStore(url: string, pseudonymize: Pseudonymize, log: Logger): Promise<RedisRateLimitStore> {
  const { RedisRateLimitStore: Store } = await import('./redis-rate-limit-store.ts');
  return new Store(url, pseudonymize, stateLogger(log, 'the shared counters of REDIS_URL are'), (reason) =>
    log.error({ reason }, 'the renewed REDIS_URL does not respond: the previous one stays in use'),
  );
}

/** Logs each state change of an optional dependency; `reason` is one word that is safe to log. */
function stateLogger(log: Logger, subject: string) {
  return (state: 'up' | 'down', reason?: string): void =>
    log[state === 'up' ? 'info' : 'error']({ state, reason }, `${subject} ${state}`);
}
