import type { OutgoingRequests } from '../stripe/http/outgoing-requests.ts';
import { BearerTokens, TokenRefused, type TokenSettings } from './bearer-token.ts';
import { anonymous, type Caller } from './caller.ts';
import { type KeySetState, type OnKeySet, RemoteKeySet } from './key-set.ts';
import { callerOfRouter, type HeaderValues, RouterSecrets } from './router-headers.ts';

/** How callers are authenticated. */
export type AuthenticationSettings =
  | { readonly mode: 'none' }
  | ({ readonly mode: 'jwt'; readonly jwksUrl: string } & TokenSettings)
  | ({ readonly mode: 'router' } & RouterSettings);

interface RouterSettings {
  readonly secrets: readonly string[];
  /** A request that lacks any of these headers is refused. */
  readonly requiredHeaders: readonly string[];
  /** Whether the router names the Stripe account of each caller. */
  readonly namesAccounts: boolean;
}

/** The caller; a refusal, with its reason for the log; or that credentials can't be checked at the moment. */
export type Authentication =
  | { readonly outcome: 'known'; readonly caller: Caller }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unavailable' };

/** Authenticates a caller from the headers alone, before the body is read. */
export interface Authenticator {
  authenticate(valuesOf: HeaderValues): Authentication | Promise<Authentication>;
  /**
   * The caller's id, without verifying a signature: from the cache of tokens, or from a router's headers. For fair
   * queuing only, never for authorization.
   */
  recognize(valuesOf: HeaderValues): string | undefined;
  /** Settles after the first attempt to fetch the issuer's keys, within about a second. */
  readonly started: Promise<void>;
  /** Whether the last fetch of the issuer's keys succeeded; undefined if none are needed. */
  readonly keySetState: KeySetState | undefined;
  /** Why it failed, in one or two words that are safe to show. */
  readonly keySetReason: string | undefined;
  /** False while no caller can be authenticated. */
  readonly isReady: boolean;
  /** Replaces the router secrets, if there are any. */
  renewRouterSecrets(secrets: readonly string[]): void;
  close(): void;
}

export function createAuthenticator(
  settings: AuthenticationSettings,
  requests: OutgoingRequests,
  onKeySet: OnKeySet,
): Authenticator {
  switch (settings.mode) {
    case 'none':
      return { ...needsNothing, authenticate: () => known(anonymous) };
    case 'router': {
      const secrets = new RouterSecrets(settings.secrets);
      const authenticate = byRouterSecret(secrets, settings);
      return {
        ...needsNothing,
        authenticate,
        recognize: (valuesOf) => idIn(authenticate(valuesOf)),
        renewRouterSecrets: (renewed) => secrets.renew(renewed),
      };
    }
    case 'jwt':
      return createTokenAuthenticator(
        settings,
        new RemoteKeySet(new URL(settings.jwksUrl), requests, onKeySet),
      );
  }
}

const needsNothing = {
  recognize: () => undefined,
  started: Promise.resolve(),
  keySetState: undefined,
  keySetReason: undefined,
  isReady: true,
  renewRouterSecrets: () => undefined,
  close: () => undefined,
};

function byRouterSecret(
  secrets: RouterSecrets,
  { requiredHeaders, namesAccounts }: Pick<RouterSettings, 'requiredHeaders' | 'namesAccounts'>,
): (valuesOf: HeaderValues) => Authentication {
  const badHeader = namesAccounts
    ? 'a caller header is blank, duplicated, or not a Stripe account'
    : 'a caller header is blank or appears twice';
  return (valuesOf) => {
    const [secret, ...more] = valuesOf('x-router-secret');
    if (secret === undefined || more.length > 0) return refused('no x-router-secret, or several');
    if (!secrets.includes(secret)) return refused('x-router-secret matches no secret in ROUTER_SECRET');
    const missing = requiredHeaders.find((name) => valuesOf(name).length === 0);
    if (missing !== undefined) return refused(`no ${missing}, which ROUTER_REQUIRED_HEADERS demands`);
    const caller = callerOfRouter(valuesOf, namesAccounts);
    return caller === undefined ? refused(badHeader) : known(caller);
  };
}

function createTokenAuthenticator(settings: TokenSettings, keys: RemoteKeySet): Authenticator {
  const tokens = new BearerTokens(keys, settings);
  return {
    authenticate: (valuesOf) => {
      const [authorization, ...more] = valuesOf('authorization');
      if (more.length > 0) return refused('several Authorization headers');
      // Without keys no token can be verified, and a 401 would log all users out.
      if (!keys.isLoaded) return { outcome: 'unavailable' };
      try {
        const caller = tokens.callerOf(authorization);
        return caller instanceof Promise ? caller.then(known, refusedToken) : known(caller);
      } catch (error) {
        return refusedToken(error);
      }
    },
    recognize: (valuesOf) => tokens.recognize(valuesOf('authorization')[0])?.id,
    started: keys.firstFetch,
    get keySetState() {
      return keys.state;
    },
    get keySetReason() {
      return keys.reason;
    },
    get isReady() {
      return keys.isLoaded;
    },
    renewRouterSecrets: () => undefined,
    close: () => keys.close(),
  };
}

function idIn(authentication: Authentication): string | undefined {
  return authentication.outcome === 'known' ? authentication.caller.id : undefined;
}

function refusedToken(error: unknown): Authentication {
  if (error instanceof TokenRefused) return refused(error.message);
  throw error;
}

function known(caller: Caller): Authentication {
  return { outcome: 'known', caller };
}

function refused(reason: string): Authentication {
  return { outcome: 'refused', reason };
}
