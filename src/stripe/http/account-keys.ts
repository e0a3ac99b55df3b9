import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { StripeAccount } from './per-account.ts';

/** A key for each account, instead of the platform's single key. */
export interface AccountKeys {
  /** The account's own key; a promise only if the key must be read first. */
  keyOf(account: string): AccountKey | Promise<AccountKey>;
}

/** `malformed`: the account has a key file without a valid key, so no other key may be used instead. */
export type AccountKey = { readonly key: string } | 'none' | 'malformed';

/** How a request names its account: by its key, or by a header beside the key. */
interface Credentials {
  readonly authorization: string;
  readonly 'stripe-account'?: string;
  readonly 'stripe-context'?: string;
}

/**
 * The credentials under `secretKey` for an account (Connect) or a context path (organizations). Never both: Stripe
 * answers both with 400. Source: https://docs.stripe.com/api/connected-accounts, https://docs.stripe.com/context
 */
function credentialsFor(secretKey: string, account: StripeAccount): Credentials {
  const authorization = `Bearer ${secretKey}`;
  if (account === undefined) return { authorization };
  return isAccountId(account) && !isOrganizationKey(secretKey)
    ? { authorization, 'stripe-account': account }
    : { authorization, 'stripe-context': account };
}

/**
 * Whether a key is an organization's: it belongs to no account, so each request must name one in `Stripe-Context`.
 * Source: https://docs.stripe.com/keys/organization-api-keys
 */
export function isOrganizationKey(key: string): boolean {
  return key.startsWith('sk_org_');
}

/** `acct_…`; anything else is a context path. */
export function isAccountId(account: string): boolean {
  return /^acct_\w{1,64}$/.test(account);
}

/** Whether a text names an account or a context path. The text is used as a header and as the name of a key file. */
export function isStripeAccount(text: string): boolean {
  return text.length <= 255 && /^\w{1,80}(\/\w{1,80}){0,4}$/.test(text);
}

/** The credentials of calls: `STRIPE_SECRET_KEY`, or a key for each account. */
export class AccountCredentials {
  readonly #account: StripeAccount;
  readonly #keys: AccountKeys | undefined;
  readonly #mayUseConfiguredKey: boolean;
  #secretKey: string;
  #configured: Credentials;

  /**
   * `account` is for calls that name no account; `mayUseConfiguredKey` lets accounts without their own key use
   * `STRIPE_SECRET_KEY`.
   */
  constructor(
    { secretKey, account }: { readonly secretKey: string; readonly account: StripeAccount },
    keys: AccountKeys | undefined,
    mayUseConfiguredKey: boolean,
  ) {
    this.#account = account;
    this.#keys = keys;
    this.#mayUseConfiguredKey = mayUseConfiguredKey;
    this.#secretKey = secretKey;
    this.#configured = credentialsFor(secretKey, account);
  }

  /** Replaces `STRIPE_SECRET_KEY`, for calls that start from now on. */
  renew(secretKey: string): void {
    this.#secretKey = secretKey;
    this.#configured = credentialsFor(secretKey, this.#account);
  }

  /** Throws `UPSTREAM_REFUSED` for an account that must have a key of its own and has none. */
  of(account: StripeAccount): Credentials | Promise<Credentials> {
    if (account === undefined) return this.#configured;
    if (this.#keys === undefined) return credentialsFor(this.#secretKey, account);
    if (!isAccountId(account)) return this.#ofContext(account);
    const key = this.#keys.keyOf(account);
    return key instanceof Promise
      ? key.then((found) => this.#under(found, account))
      : this.#under(key, account);
  }

  // A context path has no key file. `STRIPE_SECRET_KEY` must not be a way around an account's missing key.
  #ofContext(context: string): Credentials {
    if (!this.#mayUseConfiguredKey && context !== this.#account) throw noKeyFor(context, 'none');
    return credentialsFor(this.#secretKey, context);
  }

  #under(key: AccountKey, account: string): Credentials {
    // The account's own key needs no header.
    if (typeof key === 'object')
      return credentialsFor(key.key, isOrganizationKey(key.key) ? account : undefined);
    if (key === 'malformed' || !this.#mayUseConfiguredKey) throw noKeyFor(account, key);
    return credentialsFor(this.#secretKey, account);
  }
}

/** The account has no valid key of its own, and no other key may be used instead. */
function noKeyFor(account: string, reason: 'none' | 'malformed'): UpstreamCallError {
  return new UpstreamCallError('UPSTREAM_REFUSED', {
    effect: 'NONE',
    operatorNote:
      reason === 'none'
        ? `STRIPE_SECRET_KEYS_DIR has no key for ${account}`
        : `STRIPE_SECRET_KEYS_DIR: the file of ${account} has no valid key`,
  });
}
