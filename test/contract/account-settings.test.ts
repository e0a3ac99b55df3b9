import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';

const router = { AUTH_MODE: 'router', ROUTER_SECRET: 'r'.repeat(32), STRIPE_ACCOUNTS: 'callers' };
const jwt = {
  AUTH_MODE: 'jwt',
  JWT_JWKS_URL: 'https://issuer.example/keys',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'gateway',
  STRIPE_ACCOUNTS: 'callers',
};
const faultsOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

describe('the settings of Stripe accounts', () => {
  it('a gateway is for one account unless callers name their own', () => {
    expect(readConfig({ STRIPE_ACCOUNT: 'acct_1' })).toMatchObject({
      stripeAccounts: 'one',
      stripe: { account: 'acct_1', accounts: undefined },
      secretKeysDirectory: undefined,
    });
    expect(readConfig({ ...router, STRIPE_CONTEXT: 'org_1/acct_1' })).toMatchObject({
      stripeAccounts: 'callers',
      stripe: { account: 'org_1/acct_1', accounts: { maxConcurrency: 128, mayUseConfiguredKey: true } },
    });
  });

  it('an organization’s key needs an account, by a setting or from the callers, and has a mode', () => {
    const live = { STRIPE_SECRET_KEY: 'sk_org_live_1', STRIPE_CONTEXT: 'acct_1' };
    expect(readConfig(live)).toMatchObject({ mode: 'live', stripe: { account: 'acct_1' } });
    expect(faultsOf({ ...live, HOST: '0.0.0.0' })).toContain('AUTH_MODE: must be set when the key is live');
    expect(readConfig({ ...router, STRIPE_SECRET_KEY: 'sk_org_test_1' })).toMatchObject({ mode: 'test' });
    const named = { STRIPE_SECRET_KEY: 'sk_org_test_1', STRIPE_ACCOUNT: 'acct_1' };
    expect(readConfig(named)).toMatchObject({ stripe: { account: 'acct_1' } });
    // The sandbox has a key of its own.
    expect(readConfig({ STRIPE_SECRET_KEY: 'sk_org_test_1', UPSTREAM: 'sandbox' }).upstream).toBe('sandbox');
  });

  it('an account without a key may use the one key if there are no others, or if the setting allows it', () => {
    const mayUseConfiguredKey = (rest: Record<string, string>) =>
      readConfig({ ...router, ...rest }).stripe.accounts?.mayUseConfiguredKey;
    expect(mayUseConfiguredKey({})).toBe(true);
    const keys = { STRIPE_SECRET_KEYS_DIR: tmpdir() };
    expect(mayUseConfiguredKey(keys)).toBe(false);
    expect(mayUseConfiguredKey({ ...keys, STRIPE_ACCOUNTS_WITHOUT_KEY: 'use-one-key' })).toBe(true);
  });

  it('an account’s limit of calls in flight is at most that of all accounts', () => {
    const { stripe } = readConfig({
      ...router,
      UPSTREAM_MAX_CONCURRENCY: '10',
      UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT: '50',
    });
    expect(stripe.accounts?.maxConcurrency).toBe(10);
  });

  it.each<[settings: Record<string, string>, named: string]>([
    [{ STRIPE_ACCOUNT: 'acct_1', STRIPE_CONTEXT: 'org_1' }, 'STRIPE_CONTEXT: is set together with'],
    [{ STRIPE_CONTEXT: 'acct_1' }, 'STRIPE_CONTEXT: must be a context path'],
    [{ STRIPE_CONTEXT: 'org_1/' }, 'STRIPE_CONTEXT: must be a context path'],
    [
      { STRIPE_SECRET_KEY: 'sk_org_test_1' },
      'STRIPE_CONTEXT: is required with an organization’s key (sk_org_…)',
    ],
    [{ STRIPE_ACCOUNTS: 'callers' }, 'STRIPE_ACCOUNTS: callers requires AUTH_MODE'],
    [jwt, 'JWT_STRIPE_ACCOUNT_CLAIM: is required'],
    [
      { ...router, STRIPE_ACCOUNTS: 'one', ROUTER_REQUIRED_HEADERS: 'x-caller-subject, X-Caller-Account' },
      'ROUTER_REQUIRED_HEADERS: x-caller-account is only read with STRIPE_ACCOUNTS=callers',
    ],
    [
      { STRIPE_SECRET_KEYS_DIR: '/keys' },
      'STRIPE_SECRET_KEYS_DIR: is only read with STRIPE_ACCOUNTS=callers',
    ],
    [
      { ...router, STRIPE_ACCOUNTS_WITHOUT_KEY: 'refuse' },
      'STRIPE_ACCOUNTS_WITHOUT_KEY: is only read with STRIPE_SECRET_KEYS_DIR',
    ],
    [
      { ...router, STRIPE_SECRET_KEYS_DIR: '/no/such/directory' },
      'STRIPE_SECRET_KEYS_DIR: must be a directory that can be read (ENOENT)',
    ],
    [
      { ...router, STRIPE_SECRET_KEYS_DIR: 'package.json' },
      'STRIPE_SECRET_KEYS_DIR: must be a directory that can be read (ENOTDIR)',
    ],
    [
      { ...jwt, STRIPE_ACCOUNTS: 'one', JWT_STRIPE_ACCOUNT_CLAIM: 'a' },
      'JWT_STRIPE_ACCOUNT_CLAIM: is only read',
    ],
    [{ ...router, METRICS_ACCOUNTS: 'acct 1' }, 'METRICS_ACCOUNTS: must be accounts'],
    [
      { ...router, METRICS_ACCOUNTS: Array.from({ length: 51 }, (_, index) => `acct_${index}`).join(',') },
      'METRICS_ACCOUNTS: must be accounts',
    ],
  ])('the settings %j are refused, and the message names the invalid one', (settings, named) => {
    expect(faultsOf(settings)).toContain(named);
  });
});
