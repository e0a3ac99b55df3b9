import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { StripeAccount } from './per-account.ts';

/** Keys of single accounts, in place of the platform's one key. */
export interface AccountKeys {
  /** An account's own key; undefined where it has none. A promise only when the account is new. */
  keyOf(account: string): AccountKey | Promise<AccountKey>;
}

/** `malformed`: there is something in its place that is no key, so that no other key may stand in. */
export type AccountKey = { readonly key: string } | 'none' | 'malformed';

/** How a request says for whom it is: by its key, or by a header beside it. */
export interface Credentials {
  readonly authorization: string;
  readonly 'stripe-account'?: string;
  readonly 'stripe-context'?: string;
}

/**
 * The credentials under `secretKey` for an account (Connect) or a context path (organizations): never both, which
 * Stripe answers with 400. Source: https://docs.stripe.com/api/connected-accounts, https://docs.stripe.com/context
 */
export function credentialsFor(secretKey: string, account: StripeAccount): Credentials {
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

/** An account without a key of its own, where no other key may stand in. */
export function noKeyFor(account: string, reason: 'none' | 'malformed'): UpstreamCallError {
  return new UpstreamCallError('UPSTREAM_REFUSED', {
    effect: 'NONE',
    operatorNote:
      reason === 'none'
        ? `STRIPE_SECRET_KEYS_DIR has no key for ${account}`
        : `STRIPE_SECRET_KEYS_DIR: what is there for ${account} is no key`,
  });
}
