import { isAccountId, isOrganizationKey } from '../stripe/http/account-keys.ts';
import { mayHaveV2, oldestV2Version } from '../stripe/versions.ts';
import { isLiveKey, isLoopback } from './setting-types.ts';
import { type Environment, settings } from './settings.ts';

/**
 * The rules that concern more than one setting. `writtenAs` is a setting's name in the environment, which differs if its
 * value comes from a file.
 */
export function combinationFaults(set: Environment, writtenAs: (name: string) => string): string[] {
  const faults: string[] = [];
  if (set['UPSTREAM'] === 'stripe' && set['STRIPE_SECRET_KEY'] === undefined) {
    faults.push('STRIPE_SECRET_KEY: is required with UPSTREAM=stripe');
  }
  if (set['UPSTREAM'] === 'sandbox' && isLiveKey(set['STRIPE_SECRET_KEY'] ?? '')) {
    faults.push(
      'UPSTREAM: the sandbox serves made-up scores, but STRIPE_SECRET_KEY is a live key: unset one of them',
    );
  }
  if (
    set['NODE_ENV'] === 'production' &&
    set['UPSTREAM'] === undefined &&
    set['STRIPE_SECRET_KEY'] === undefined
  ) {
    faults.push(
      'STRIPE_SECRET_KEY: is required in production; set UPSTREAM=sandbox to serve made-up scores instead',
    );
  }
  if (set['NODE_ENV'] === 'production' && set['AUTH_MODE'] === undefined) {
    faults.push(
      'AUTH_MODE: must be set in production: jwt, router, or none, which lets in anyone who can reach the port',
    );
  }
  if (
    set['AUTH_MODE'] === undefined &&
    set['NODE_ENV'] !== 'production' &&
    isLiveKey(set['STRIPE_SECRET_KEY'] ?? '') &&
    !isLoopback(set['HOST'] ?? settings.shape.HOST.def.defaultValue)
  ) {
    faults.push(
      'AUTH_MODE: must be set when the key is live and other machines can reach HOST: jwt, router, or none, which lets anyone who can reach the port make billed evaluations',
    );
  }
  const port = set['PORT'] ?? String(settings.shape.PORT.def.defaultValue);
  if (set['METRICS_PORT'] === port && port !== '0') {
    faults.push(
      `METRICS_PORT: ${port} is the port of the gateway itself (PORT); choose another one for metrics`,
    );
  }
  if (set['TRUSTED_DOCUMENTS_PATH'] !== undefined && (set['TRUSTED_DOCUMENTS'] ?? 'off') === 'off') {
    faults.push('TRUSTED_DOCUMENTS_PATH: is only read with TRUSTED_DOCUMENTS=prefer or only');
  }
  if (set['SIGNALS_VISIBILITY'] === 'scoped' && (set['AUTH_MODE'] ?? 'none') === 'none') {
    faults.push(
      'SIGNALS_VISIBILITY: scoped requires AUTH_MODE=jwt or router; without authentication, every caller has all scopes',
    );
  }
  return [...faults, ...apiFaults(set), ...accountFaults(set), ...modeFaults(set, writtenAs)];
}

function apiFaults(set: Environment): string[] {
  const version = set['STRIPE_API_VERSION'];
  if (set['STRIPE_API'] !== 'v2') {
    return ['SIGNALS_WAIT_MS', 'SIGNALS_MAX_READS_PER_SECOND']
      .filter((name) => set[name] !== undefined)
      .map((name) => `${name}: is only read with STRIPE_API=v2`);
  }
  if (version === undefined || mayHaveV2(version)) return [];
  return [`STRIPE_API_VERSION: must be ${oldestV2Version} or a later preview with STRIPE_API=v2`];
}

const settingsOfAccounts = [
  'JWT_STRIPE_ACCOUNT_CLAIM',
  'STRIPE_SECRET_KEYS_DIR',
  'STRIPE_ACCOUNTS_WITHOUT_KEY',
  'UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT',
  'METRICS_ACCOUNTS',
] as const;

function accountFaults(set: Environment): string[] {
  const faults: string[] = [];
  if (set['STRIPE_ACCOUNT'] !== undefined && set['STRIPE_CONTEXT'] !== undefined) {
    faults.push('STRIPE_CONTEXT: is set together with STRIPE_ACCOUNT: Stripe accepts only one of them');
  }
  const isOfOrganization = isOrganizationKey(set['STRIPE_SECRET_KEY'] ?? '');
  if (isAccountId(set['STRIPE_CONTEXT'] ?? '') && !isOfOrganization) {
    faults.push(
      'STRIPE_CONTEXT: must be a context path, such as acct_1/acct_2; set STRIPE_ACCOUNT for a single account',
    );
  }
  if (set['STRIPE_ACCOUNTS'] !== 'callers') {
    const isNamed = set['STRIPE_ACCOUNT'] !== undefined || set['STRIPE_CONTEXT'] !== undefined;
    if (isOfOrganization && !isNamed && set['UPSTREAM'] !== 'sandbox') {
      faults.push(
        'STRIPE_CONTEXT: is required with an organization’s key (sk_org_…), which belongs to no account',
      );
    }
    // Otherwise every caller would name its account, and all would share one.
    if (set['ROUTER_REQUIRED_HEADERS']?.toLowerCase().includes('x-caller-account')) {
      faults.push('ROUTER_REQUIRED_HEADERS: x-caller-account is only read with STRIPE_ACCOUNTS=callers');
    }
    return faults.concat(
      settingsOfAccounts
        .filter((name) => set[name] !== undefined)
        .map((name) => `${name}: is only read with STRIPE_ACCOUNTS=callers`),
    );
  }
  if (set['AUTH_MODE'] !== 'jwt' && set['AUTH_MODE'] !== 'router') {
    faults.push(
      'STRIPE_ACCOUNTS: callers requires AUTH_MODE=jwt or AUTH_MODE=router, which identify the caller',
    );
  }
  // Otherwise `refuse` would refuse no account.
  if (set['STRIPE_ACCOUNTS_WITHOUT_KEY'] !== undefined && set['STRIPE_SECRET_KEYS_DIR'] === undefined) {
    faults.push('STRIPE_ACCOUNTS_WITHOUT_KEY: is only read with STRIPE_SECRET_KEYS_DIR');
  }
  if (set['AUTH_MODE'] === 'jwt' && set['JWT_STRIPE_ACCOUNT_CLAIM'] === undefined) {
    faults.push('JWT_STRIPE_ACCOUNT_CLAIM: is required with STRIPE_ACCOUNTS=callers and AUTH_MODE=jwt');
  }
  return faults;
}

const settingsOfModes = {
  jwt: {
    needed: ['JWT_JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE'],
    optional: [
      'JWT_AUDIENCE_CLAIM',
      'JWT_CLOCK_TOLERANCE_SECONDS',
      'JWT_CUSTOMER_CLAIM',
      'JWT_STRIPE_ACCOUNT_CLAIM',
    ],
  },
  router: { needed: ['ROUTER_SECRET'], optional: ['ROUTER_REQUIRED_HEADERS'] },
} as const;

// A setting that the mode does not read was meant for another mode, and its operator relies on it.
function modeFaults(set: Environment, writtenAs: (name: string) => string): string[] {
  return Object.entries(settingsOfModes).flatMap(([mode, { needed, optional }]) =>
    set['AUTH_MODE'] === mode
      ? needed
          .filter((name) => set[name] === undefined)
          .map((name) => `${name}: is required with AUTH_MODE=${mode}`)
      : [...needed, ...optional]
          .filter((name) => set[name] !== undefined)
          .map((name) => `${writtenAs(name)}: is only read with AUTH_MODE=${mode}`),
  );
}
