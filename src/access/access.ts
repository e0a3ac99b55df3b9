import type { Logger } from 'pino';
import type { OutgoingRequests } from '../stripe/http/outgoing-requests.ts';
import type { StripeAccount } from '../stripe/http/per-account.ts';
import { type AuthenticationSettings, type Authenticator, createAuthenticator } from './authentication.ts';
import { type Caller, type Pseudonymize, pseudonymizer } from './caller.ts';
import { type Permissions, permissionsOf } from './permissions.ts';
import { type RateLimitSettings, RateLimits } from './rate-limits.ts';
import type { RedisRateLimitStore } from './redis-rate-limit-store.ts';

/** What decides who may call, and how much. */
export interface Access {
  readonly authenticator: Authenticator;
  readonly limits: RateLimits;
  readonly pseudonymize: Pseudonymize;
  readonly permissionsOf: (caller: Caller) => Permissions;
  /**
   * The Stripe account that the caller's calls are made for; undefined for the configured one, null where there is none
   * and calls can't be made.
   */
  readonly accountOf: (caller: Caller) => StripeAccount | null;
  /** Whether addresses tell callers apart: not so behind a router, whose address all have. */
  readonly countsAddresses: boolean;
}

export interface AccessSettings {
  readonly authentication: AuthenticationSettings;
  readonly rateLimits: RateLimitSettings;
  /** Whether each caller brings the account that its calls are made for, or all are for the configured one. */
  readonly stripeAccounts: 'one' | 'callers';
  /** For callers that bring none. */
  readonly stripe: { readonly account: StripeAccount };
  /** Whether scores and levels are shown to every caller, or to those with the scope. */
  readonly signalsVisibility: 'all' | 'scoped';
  /** Callers and addresses are named in logs and shared counters by hashes under this key. */
  readonly pseudonymKey: string;
}

interface RenewableAccess extends Access {
  /** Names callers under this key from now on. */
  renewPseudonymKey(key: string): void;
}

export async function createAccess(
  settings: AccessSettings,
  outgoing: OutgoingRequests,
  log: Logger,
): Promise<RenewableAccess> {
  const { authentication, rateLimits } = settings;
  let underKey = pseudonymizer(settings.pseudonymKey);
  const pseudonymize: Pseudonymize = (name) => underKey(name);
  const { redisUrl } = rateLimits;
  const store = redisUrl === undefined ? undefined : await openStore(redisUrl, pseudonymize, log);
  return {
    renewPseudonymKey: (key) => {
      underKey = pseudonymizer(key);
    },
    authenticator: createAuthenticator(
      authentication,
      outgoing,
      stateLogger(log, 'the key set of JWT_JWKS_URL is'),
    ),
    limits: new RateLimits(rateLimits, store),
    pseudonymize,
    accountOf: (caller) =>
      settings.stripeAccounts === 'one' ? undefined : (caller.account ?? settings.stripe.account ?? null),
    permissionsOf: (caller) => permissionsOf(caller, settings.signalsVisibility),
    countsAddresses: authentication.mode !== 'router',
  };
}

// Its client is loaded only where there is a Redis.
async function openStore(url: string, pseudonymize: Pseudonymize, log: Logger): Promise<RedisRateLimitStore> {
  const { RedisRateLimitStore: Store } = await import('./redis-rate-limit-store.ts');
  return new Store(url, pseudonymize, stateLogger(log, 'the shared counters of REDIS_URL are'), (reason) =>
    log.error({ reason }, 'the renewed REDIS_URL does not answer: the one before it stays in use'),
  );
}

/** Logs each change of something that the gateway can do without; `reason` is one safe word. */
function stateLogger(log: Logger, subject: string) {
  return (state: 'up' | 'down', reason?: string): void =>
    log[state === 'up' ? 'info' : 'error']({ state, reason }, `${subject} ${state}`);
}
