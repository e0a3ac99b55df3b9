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
import { accountsOf } from './account-settings.ts';
import { authenticationOf } from './authentication-settings.ts';
import { combinationFaults } from './combination-rules.ts';
import { ConfigError } from './config-error.ts';
import { type HttpSettings, httpOf } from './http-settings.ts';
import { proxyOf, withProxies } from './proxy-settings.ts';
import { readSecretFile, type SecretFile } from './secret-file-watcher.ts';
import { takenBy } from './setting-descriptions.ts';
import {
  type Environment,
  isSecret,
  type Secrets,
  secretSettings,
  settings,
  withoutCredentials,
} from './settings.ts';
import { tracingOf, withoutUnusedTracing } from './tracing-settings.ts';

/** Everything that can be set, checked and frozen. */
export interface Config {
  /** `NODE_ENV`; undefined where it is not set. */
  readonly environment: 'production' | 'development' | 'test' | undefined;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly upstream: 'stripe' | 'sandbox';
  /** Whether evaluations are real: the sandbox's are not, nor those under one of Stripe's test keys. */
  readonly mode: 'sandbox' | 'test' | 'live';
  readonly stripeApi: StripeApi;
  /** With v2 alone. */
  readonly signalWait: SignalWaitSettings;
  /** Its key is empty where the upstream is the sandbox. */
  readonly stripe: StripeSettings;
  readonly stripeAccounts: 'one' | 'callers';
  /** Keys of single accounts; undefined where all use one. */
  readonly secretKeysDirectory: string | undefined;
  /** What requests to Stripe and to the key set go through; undefined where they go directly. */
  readonly proxy: ProxySettings | undefined;
  /** All attempts of one call, waits included. */
  readonly deadlineMs: number;
  /** The share of the sandbox's calls that a fault befalls, from 0 to 1. */
  readonly sandboxFaultShare: number;
  readonly authentication: AuthenticationSettings;
  /** Who sees scores and levels: every caller that may create or read, or only callers with the scope. */
  readonly signalsVisibility: 'all' | 'scoped';
  readonly rateLimits: RateLimitSettings;
  /** Callers and addresses are named in logs and shared counters by hashes under this key. */
  readonly pseudonymKey: string;
  /** Whether that is no secret of its own, but the key of Stripe, and changes with it. */
  readonly pseudonymsFollowStripeKey: boolean;
  /** The files that hold secrets; their settings are in use already. */
  readonly secretFiles: readonly SecretFile[];
  readonly operationLimits: OperationLimits;
  /** Lexical tokens of a document. */
  readonly maxTokens: number;
  readonly maxDocumentBytes: number;
  /** Upstream calls that one operation may lead to. */
  readonly maxCost: number;
  readonly preparedOperations: boolean;
  readonly trustedDocuments: TrustedDocumentsSettings;
  readonly introspection: boolean;
  /** Whether the pages for browsers are served. */
  readonly explorer: boolean;
  readonly http: HttpSettings;
  readonly logLevel: LogLevel;
  readonly telemetry: TelemetrySettings;
}

/** Reads the environment. Throws a `ConfigError` that lists every fault; secrets are never quoted. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const said = Object.fromEntries(
    Object.entries(withProxies(environment)).filter(([, value]) => value !== ''),
  );
  const secretFiles = readSecretFiles(said, faults);
  const set = {
    ...said,
    ...Object.fromEntries(secretFiles.map(({ setting, text }) => [setting, text])),
  };
  const parsed = settings.safeParse(withoutUnusedTracing(set));
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => faultOf(issue, set)));
  // Of a secret that could not be read it would say that it is missing.
  if (secretFiles.length === secretSettings.filter((name) => fileOf(name, said) !== undefined).length)
    faults.push(...combinationFaults(set));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  const values = parsed.data;
  const production = values.NODE_ENV === 'production';
  const upstream = values.UPSTREAM ?? (values.STRIPE_SECRET_KEY === undefined ? 'sandbox' : 'stripe');
  const modeOfKey = values.STRIPE_SECRET_KEY?.includes('_live_') ? 'live' : 'test';
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
      // An attempt never outlives its call: a connection that it opens would, and its time-out would say nothing.
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

/** A secret as its file holds it now; undefined where that is not what the setting takes. */
export function parseSecret<Name extends keyof Secrets>(name: Name, text: string): Secrets[Name] | undefined {
  const parsed = settings.shape[name].safeParse(text);
  return parsed.success ? (parsed.data as Secrets[Name]) : undefined;
}

function readSecretFiles(said: Environment, faults: string[]): SecretFile[] {
  return secretSettings.flatMap((setting) => {
    const path = fileOf(setting, said);
    if (path === undefined) return [];
    if (said[setting] !== undefined) {
      faults.push(`${setting}: is set twice, by itself and by ${setting}_FILE: set one of them`);
    }
    try {
      return [{ setting, path, text: readSecretFile(path) }];
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      faults.push(`${setting}_FILE: takes the path of a file that can be read (${code})`);
      return [];
    }
  });
}

function fileOf(setting: keyof Secrets, said: Environment): string | undefined {
  return said[`${setting}_FILE`];
}

function faultOf(issue: z.core.$ZodIssue, set: Environment): string {
  const name = String(issue.path[0]) as keyof typeof settings.shape;
  const got = isSecret(name)
    ? 'a value that is not one (not shown)'
    : JSON.stringify(withoutCredentials(set[name] ?? ''));
  const source = set[`${name}_FILE`] === undefined ? name : `${name}_FILE: its file`;
  return `${source}${source === name ? ':' : ''} takes ${takenBy(settings.shape[name])}, got ${got}`;
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const item of Object.values(value)) if (typeof item === 'object' && item !== null) deepFreeze(item);
  return Object.freeze(value);
}
