import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { StripeAccount } from './per-account.ts';

/** Keys of single accounts, in place of the platform's one key. */
export interface AccountKeys {
  /** An account's own key. A promise only when the account is new. */
  keyOf(account: string): AccountKey | Promise<AccountKey>;
}

/** `malformed`: there is something in its place that is no key, so that no other key may stand in. */
export type AccountKey = { readonly key: string } | 'none' | 'malformed';

/** How a request says for whom it is: by its key, or by a header beside it. */
interface Credentials {
  readonly authorization: string;
  readonly 'stripe-account'?: string;
  readonly 'stripe-context'?: string;
}

/**
 * The credentials under `secretKey` for an account (Connect) or a context path (organizations): never both, which
 * Stripe answers with 400. Source: https://docs.stripe.com/api/connected-accounts, https://docs.stripe.com/context
 */
function credentialsFor(secretKey: string, account: StripeAccount): Credentials {
  const authorization = `Bearer ${secretKey}`;
  if (account === undefined) return { authorization };
  return isAccountId(account)
    ? { authorization, 'stripe-account': account }
    : { authorization, 'stripe-context': account };
}

/** `acct_…`; anything else is a context path. */
export function isAccountId(account: string): boolean {
  return /^acct_\w{1,64}$/.test(account);
}

/** Whether a text names an account or a context path. It becomes a header, and the name of a key's file. */
export function isStripeAccount(text: string): boolean {
  return text.length <= 255 && /^\w{1,80}(\/\w{1,80}){0,4}$/.test(text);
}

/** What calls are authenticated by: the one key, or keys of single accounts. */
export class AccountCredentials {
  readonly #account: StripeAccount;
  readonly #keys: AccountKeys | undefined;
  readonly #mayUseOneKey: boolean;
  #secretKey: string;
  #configured: Credentials;

  /** `account` is for calls that bring none; `mayUseOneKey`, whether an account without a key is called under the one. */
  constructor(
    { secretKey, account }: { readonly secretKey: string; readonly account: StripeAccount },
    keys: AccountKeys | undefined,
    mayUseOneKey: boolean,
  ) {
    this.#account = account;
    this.#keys = keys;
    this.#mayUseOneKey = mayUseOneKey;
    this.#secretKey = secretKey;
    this.#configured = credentialsFor(secretKey, account);
  }

  /** Calls that begin from now on use this key. */
  renew(secretKey: string): void {
    this.#secretKey = secretKey;
    this.#configured = credentialsFor(secretKey, this.#account);
  }

  /** Throws `UPSTREAM_REFUSED` for an account that must have a key of its own and has none. */
  of(account: StripeAccount): Credentials | Promise<Credentials> {
    if (account === undefined) return this.#configured;
    if (this.#keys === undefined || !isAccountId(account)) return credentialsFor(this.#secretKey, account);
    const key = this.#keys.keyOf(account);
    return key instanceof Promise
      ? key.then((found) => this.#under(found, account))
      : this.#under(key, account);
  }

  #under(key: AccountKey, account: string): Credentials {
    // The account is the key's own.
    if (typeof key === 'object') return credentialsFor(key.key, undefined);
    if (key === 'malformed' || !this.#mayUseOneKey) throw noKeyFor(account, key);
    return credentialsFor(this.#secretKey, account);
  }
}

/** An account without a key of its own, where no other key may stand in. */
function noKeyFor(account: string, reason: 'none' | 'malformed'): UpstreamCallError {
  return new UpstreamCallError('UPSTREAM_REFUSED', {
    effect: 'NONE',
    operatorNote:
      reason === 'none'
        ? `STRIPE_SECRET_KEYS_DIR has no key for ${account}`
        : `STRIPE_SECRET_KEYS_DIR: what is there for ${account} is no key`,
  });
}
