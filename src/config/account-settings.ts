import { accessSync, constants, statSync } from 'node:fs';
import type { AccountsSettings } from '../stripe/http/stripe-client.ts';
import type { Settings } from './settings.ts';

/** Reports a key directory whose files can't be opened. */
export function keysDirectoryFaults(directory: string | undefined): string[] {
  if (directory === undefined) return [];
  const fault = (why: string): string[] => [
    `STRIPE_SECRET_KEYS_DIR: must be a directory that can be read (${why})`,
  ];
  try {
    if (!statSync(directory).isDirectory()) return fault('ENOTDIR');
    // Its files are opened by name: it is never listed.
    accessSync(directory, constants.X_OK);
    return [];
  } catch (error) {
    return fault(String((error as NodeJS.ErrnoException).code));
  }
}

/** Undefined if all calls are for one account. */
export function accountsOf(values: Settings): AccountsSettings | undefined {
  if (values.STRIPE_ACCOUNTS === 'one') return undefined;
  const share = Math.ceil(values.UPSTREAM_MAX_CONCURRENCY / 4);
  return {
    maxConcurrency: Math.min(
      values.UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT ?? share,
      values.UPSTREAM_MAX_CONCURRENCY,
    ),
    mayUseConfiguredKey:
      values.STRIPE_SECRET_KEYS_DIR === undefined || values.STRIPE_ACCOUNTS_WITHOUT_KEY === 'use-one-key',
  };
}
