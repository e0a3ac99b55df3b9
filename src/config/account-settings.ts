import type { AccountsSettings } from '../stripe/http/stripe-client.ts';
import type { Settings } from './settings.ts';

/** Undefined if all calls are for one account. */
export function accountsOf(values: Settings): AccountsSettings | undefined {
  if (values.STRIPE_ACCOUNTS === 'one') return undefined;
  const share = Math.ceil(values.UPSTREAM_MAX_CONCURRENCY / 4);
  return {
    maxConcurrency: Math.min(
      values.UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT ?? share,
      values.UPSTREAM_MAX_CONCURRENCY,
    ),
    mayUseOneKey:
      values.STRIPE_SECRET_KEYS_DIR === undefined || values.STRIPE_ACCOUNTS_WITHOUT_KEY === 'use-one-key',
  };
}
