import type { z } from 'zod';
import type { AuthenticationSettings } from '../access/authentication.ts';
import type { RateLimitSettings } from '../access/rate-limits.ts';
import type { TrustedDocumentsSettings } from '../access/trusted-documents.ts';
import type { SignalWaitSettings } from '../customer-evaluation/v2/signal-waiter.ts';
import type { OperationLimits } from '../graph/operation-limits.ts';
import type { ProxySettings } from '../stripe/http/outgoing-requests.ts';
import type { StripeSettings } from '../stripe/http/stripe-client.ts';
import type { StripeApi } from '../stripe/versions.ts';
import type { LogLevel } from '../telemetry/log.ts';
import type { TelemetrySettings } from '../telemetry/telemetry.ts';
import { accountsOf, keysDirectoryFaults } from './account-settings.ts';
import { authenticationOf } from './authentication-settings.ts';
import { combinationFaults } from './combination-rules.ts';
import { ConfigError } from './config-error.ts';
import { type HttpSettings, httpOf } from './http-settings.ts';
import { proxyOf, withProxies } from './proxy-settings.ts';
import { readSecretFile, type SecretFile } from './secret-file-watcher.ts';
import { acceptedValues } from './setting-descriptions.ts';
import { isLiveKey } from './setting-types.ts';
import { type Environment, isSecret, type Secrets, secretSettings, settings } from './settings.ts';
import { shownValue } from './shown-values.ts';
import { tracingOf, withoutUnusedTracing } from './tracing-settings.ts';

/** All settings, validated and frozen. */
export interface Config {
  /** `NODE_ENV`; undefined if it is not set. */
  readonly environment: 'production' | 'development' | 'test' | undefined;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly upstream: 'stripe' | 'sandbox';
  /** `live` if evaluations are real; those of the sandbox and of Stripe's test keys are not. */
  readonly mode: 'sandbox' | 'test' | 'live';
  readonly stripeApi: StripeApi;
  /** Only for v2. */
  readonly signalWait: SignalWaitSettings;
  /** The key is empty if none is set. */
  readonly stripe: StripeSettings;
  readonly stripeAccounts: 'one' | 'callers';
  /** The directory of the accounts' own keys; undefined if all accounts use one key. */
  readonly secretKeysDirectory: string | undefined;
  /** The proxy for requests to Stripe and the key set; undefined if they go directly. */
  readonly proxy: ProxySettings | undefined;
  /** The deadline of one call: all attempts and waits. */
  readonly deadlineMs: number;
  /** The share of the sandbox's calls that fail at random, from 0 to 1. */
  readonly sandboxFaultShare: number;
  readonly authentication: AuthenticationSettings;
  /** Whether scores and levels are shown to every caller, or only to those with the scope. */
  readonly signalsVisibility: 'all' | 'scoped';
  readonly rateLimits: RateLimitSettings;
  /** The key of the hashes that stand for callers and addresses in logs and shared counters. */
  readonly pseudonymKey: string;
  /** Whether `pseudonymKey` is the Stripe key, and so changes with it. */
  readonly pseudonymsFollowStripeKey: boolean;
  /** The files of secrets, which have already been read. */
  readonly secretFiles: readonly SecretFile[];
  readonly operationLimits: OperationLimits;
  /** The maximum lexical tokens of a document. */
  readonly maxTokens: number;
  readonly maxDocumentBytes: number;
  /** The maximum upstream calls that one operation may cause. */
  readonly maxCost: number;
  readonly preparedOperations: boolean;
  readonly trustedDocuments: TrustedDocumentsSettings;
  readonly introspection: boolean;
  /** Whether the browser pages are served. */
  readonly explorer: boolean;
  readonly http: HttpSettings;
  readonly logLevel: LogLevel;
  readonly telemetry: TelemetrySettings;
}

/** Reads the environment. Throws a `ConfigError` that lists every problem; secrets are never quoted. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const given = Object.fromEntries(
    Object.entries(withProxies(environment)).filter(([, value]) => value !== ''),
  );
  const secretFiles = readSecretFiles(given, faults);
  const set = {
    ...given,
    ...Object.fromEntries(secretFiles.map(({ setting, text }) => [setting, text])),
  };
  const parsed = settings.safeParse(withoutUnusedTracing(set));
  // A value that breaks two rules is reported once: both messages would be the same.
  if (!parsed.success) faults.push(...new Set(parsed.error.issues.map((issue) => faultOf(issue, set))));
  // Skipped if a secret file is unreadable: its setting would also be reported as missing.
  if (secretFiles.length === secretSettings.filter((name) => fileOf(name, given) !== undefined).length)
    faults.push(...combinationFaults(set, (name) => (given[name] === undefined ? `${name}_FILE` : name)));
  faults.push(...keysDirectoryFaults(set['STRIPE_SECRET_KEYS_DIR']));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  const values = parsed.data;
  const production = values.NODE_ENV === 'production';
  const upstream = values.UPSTREAM ?? (values.STRIPE_SECRET_KEY === undefined ? 'sandbox' : 'stripe');
  const modeOfKey = isLiveKey(values.STRIPE_SECRET_KEY ?? '') ? 'live' : 'test';
  return deepFreeze({
    environment: values.NODE_ENV,
    host: values.HOST,
    port: values.PORT,
    upstream,
    mode: upstream === 'sandbox' ? 'sandbox' : modeOfKey,
    stripeApi: values.STRIPE_API,
    signalWait: {
      waitMs: values.SIGNALS_WAIT_MS,
      maxReadsPerSecond: values.SIGNALS_MAX_READS_PER_SECOND,
    },
    stripe: {
      apiUrl: values.STRIPE_API_URL,
      secretKey: values.STRIPE_SECRET_KEY ?? '',
      apiVersion: values.STRIPE_API_VERSION,
      account: values.STRIPE_ACCOUNT ?? values.STRIPE_CONTEXT,
      accounts: accountsOf(values),
      // Not above the deadline: otherwise connecting could outlive the call, and timeouts would not open the breaker.
      timeoutMs: Math.min(values.UPSTREAM_TIMEOUT_MS, values.UPSTREAM_DEADLINE_MS),
      maxAttempts: values.UPSTREAM_MAX_ATTEMPTS,
      maxConcurrency: values.UPSTREAM_MAX_CONCURRENCY,
      maxPerSecond: values.UPSTREAM_MAX_PER_SECOND,
    },
    stripeAccounts: values.STRIPE_ACCOUNTS,
    secretKeysDirectory: values.STRIPE_SECRET_KEYS_DIR,
    proxy: proxyOf(values),
    deadlineMs: values.UPSTREAM_DEADLINE_MS,
    sandboxFaultShare: values.SANDBOX_FAULT_SHARE,
    authentication: authenticationOf(values),
    signalsVisibility: values.SIGNALS_VISIBILITY,
    rateLimits: {
      perMinute: values.RATE_LIMIT_PER_MINUTE,
      perAddressPerMinute: values.RATE_LIMIT_PER_ADDRESS_PER_MINUTE,
      redisUrl: values.REDIS_URL,
    },
    pseudonymKey: values.PSEUDONYM_KEY ?? values.STRIPE_SECRET_KEY ?? 'the sandbox has no secrets',
    pseudonymsFollowStripeKey: values.PSEUDONYM_KEY === undefined,
    secretFiles,
    operationLimits: {
      rootFields: values.MAX_ROOT_FIELDS,
      depth: values.MAX_DEPTH,
      aliases: values.MAX_ALIASES,
      directives: values.MAX_DIRECTIVES,
    },
    maxTokens: values.MAX_TOKENS,
    maxDocumentBytes: values.MAX_DOCUMENT_BYTES,
    maxCost: values.MAX_COST,
    preparedOperations: values.PREPARED_OPERATIONS,
    trustedDocuments: { mode: values.TRUSTED_DOCUMENTS, path: values.TRUSTED_DOCUMENTS_PATH },
    introspection: values.INTROSPECTION ?? !production,
    explorer: values.EXPLORER ?? !production,
    http: httpOf(values),
    logLevel: values.LOG_LEVEL,
    telemetry: {
      metricsPort: values.METRICS_PORT,
      tracing: tracingOf(values),
      namedAccounts: values.METRICS_ACCOUNTS,
    },
  });
}

/** Parses a secret from its file's current content; undefined if the content is invalid. */
export function parseSecret<Name extends keyof Secrets>(name: Name, text: string): Secrets[Name] | undefined {
  const parsed = settings.shape[name].safeParse(text);
  return parsed.success ? (parsed.data as Secrets[Name]) : undefined;
}

function readSecretFiles(given: Environment, faults: string[]): SecretFile[] {
  return secretSettings.flatMap((setting) => {
    const path = fileOf(setting, given);
    if (path === undefined) return [];
    if (given[setting] !== undefined) {
      faults.push(`${setting}: is set twice, by itself and by ${setting}_FILE: set one of them`);
    }
    try {
      return [{ setting, path, text: readSecretFile(path) }];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      faults.push(`${setting}_FILE: must be the path of a file that can be read (${code})`);
      return [];
    }
  });
}

function fileOf(setting: keyof Secrets, given: Environment): string | undefined {
  return given[`${setting}_FILE`];
}

function faultOf(issue: z.core.$ZodIssue, set: Environment): string {
  const name = String(issue.path[0]) as keyof typeof settings.shape;
  const got = isSecret(name)
    ? 'an invalid value (not shown)'
    : JSON.stringify(shownValue(name, set[name] ?? ''));
  const source = set[`${name}_FILE`] === undefined ? name : `${name}_FILE: its content`;
  return `${source}${source === name ? ':' : ''} must be ${acceptedValues(settings.shape[name])}, got ${got}`;
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const item of Object.values(value)) if (typeof item === 'object' && item !== null) deepFreeze(item);
  return Object.freeze(value);
}
