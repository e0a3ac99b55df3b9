import { z } from 'zod';
import { defaultVersion, versionPattern } from './stripe/versions.ts';
import { type LogLevel, logLevels } from './telemetry/log.ts';

/** Everything that can be set, checked and frozen. */
export interface Config {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly upstream: 'stripe' | 'sandbox';
  readonly stripe: {
    readonly apiUrl: string;
    /** Empty where the upstream is the sandbox. */
    readonly secretKey: string;
    readonly apiVersion: string;
    readonly account: string | undefined;
    /** One attempt, body included. */
    readonly timeoutMs: number;
    /** Attempts of one call, the first included. */
    readonly maxAttempts: number;
    /** Calls in flight. */
    readonly maxConcurrency: number;
    /** A ceiling on calls a second; none if undefined. */
    readonly maxPerSecond: number | undefined;
  };
  /** All attempts of one call, waits included. */
  readonly deadlineMs: number;
  /** The share of the sandbox's calls that a fault befalls, from 0 to 1. */
  readonly sandboxFaultShare: number;
  readonly introspection: boolean;
  readonly corsOrigins: readonly string[];
  readonly maxBodyBytes: number;
  readonly logLevel: LogLevel;
}

/** One message that lists every fault in the environment. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(faults: readonly string[]) {
    super(`The configuration is refused:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment. Throws a `ConfigError` that lists every fault; secrets are never quoted. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settings.safeParse(set);
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => faultOf(issue, set)));
  faults.push(...combinationFaults(set));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  const values = parsed.data;
  const production = values.NODE_ENV === 'production';
  return deepFreeze({
    host: values.HOST,
    port: values.PORT,
    upstream: values.UPSTREAM ?? (values.STRIPE_SECRET_KEY === undefined ? 'sandbox' : 'stripe'),
    stripe: {
      apiUrl: values.STRIPE_API_URL,
      secretKey: values.STRIPE_SECRET_KEY ?? '',
      apiVersion: values.STRIPE_API_VERSION,
      account: values.STRIPE_ACCOUNT,
      timeoutMs: values.UPSTREAM_TIMEOUT_MS,
      maxAttempts: values.UPSTREAM_MAX_ATTEMPTS,
      maxConcurrency: values.UPSTREAM_MAX_CONCURRENCY,
      maxPerSecond: values.UPSTREAM_MAX_PER_SECOND,
    },
    deadlineMs: values.UPSTREAM_DEADLINE_MS,
    sandboxFaultShare: values.SANDBOX_FAULT_SHARE,
    introspection: values.INTROSPECTION ?? !production,
    corsOrigins: values.CORS_ORIGINS,
    maxBodyBytes: values.MAX_BODY_BYTES,
    logLevel: values.LOG_LEVEL,
  });
}

const secrets: ReadonlySet<string> = new Set(['STRIPE_SECRET_KEY', 'ROUTER_SECRET', 'REDIS_URL']);

/** Each setting: what it takes, in words for its fault message, and how it is read. */
const settings = z.object({
  NODE_ENV: z.string().optional(),
  HOST: takes('a host name or address', z.string()).default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  STRIPE_SECRET_KEY: takes(
    'a secret key (sk_live_…, sk_test_…) or restricted key (rk_live_…, rk_test_…)',
    z.string().regex(/^(sk|rk)_(live|test)_[A-Za-z0-9_]+$/),
  ).optional(),
  UPSTREAM: takes('stripe or sandbox', z.enum(['stripe', 'sandbox'])).optional(),
  STRIPE_API_URL: takes(
    'https://host or https://host:port, without a path; plain http only for 127.0.0.1, [::1] and localhost',
    z
      .string()
      .refine(isOrigin)
      .transform((url) => new URL(url).origin),
  ).default('https://api.stripe.com'),
  STRIPE_API_VERSION: takes(`a version such as ${defaultVersion}`, z.string().regex(versionPattern)).default(
    defaultVersion,
  ),
  STRIPE_ACCOUNT: takes('an account id, acct_…', z.string().regex(/^acct_[A-Za-z0-9]+$/)).optional(),
  UPSTREAM_TIMEOUT_MS: wholeNumber(1, 600_000).default(3000),
  UPSTREAM_DEADLINE_MS: wholeNumber(1, 600_000).default(8000),
  UPSTREAM_MAX_ATTEMPTS: wholeNumber(1, 10).default(3),
  UPSTREAM_MAX_CONCURRENCY: wholeNumber(1, 100_000).default(512),
  UPSTREAM_MAX_PER_SECOND: wholeNumber(1, 100_000).optional(),
  SANDBOX_FAULT_SHARE: takes(
    'a number from 0 to 1',
    z
      .string()
      .regex(/^\d(\.\d{1,6})?$/)
      .transform(Number)
      .refine((share) => share <= 1),
  ).default(0),
  INTROSPECTION: onOff().optional(),
  CORS_ORIGINS: takes(
    'exact origins, comma separated, such as https://shop.example',
    z
      .string()
      .transform((list) => list.split(',').map((origin) => origin.trim()))
      .refine((origins) =>
        origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
      ),
  ).default([]),
  MAX_BODY_BYTES: wholeNumber(1024, 100_000_000).default(65_536),
  // Part of the contract and not built yet: what would be ignored is refused, so that nobody relies on it.
  AUTH_MODE: takes('none (jwt and router are not built yet)', z.literal('none')).optional(),
  JWT_JWKS_URL: notBuiltYet(),
  JWT_ISSUER: notBuiltYet(),
  JWT_AUDIENCE: notBuiltYet(),
  JWT_CUSTOMER_CLAIM: notBuiltYet(),
  ROUTER_SECRET: notBuiltYet(),
  RATE_LIMIT_PER_MINUTE: notBuiltYet(),
  REDIS_URL: notBuiltYet(),
  TRUSTED_DOCUMENTS: takes('off (prefer and only are not built yet)', z.literal('off')).optional(),
  EXPLORER: takes('off (on is not built yet)', z.literal('off')).optional(),
  METRICS_PORT: notBuiltYet(),
  LOG_LEVEL: takes(logLevels.join(', '), z.enum(logLevels)).default('info'),
});

/** Every variable that is read. */
export const settingNames = Object.keys(settings.shape);

function takes<Type extends z.ZodType>(words: string, type: Type): Type {
  return type.meta({ takes: words });
}

function wholeNumber(from: number, to: number) {
  return takes(
    `a whole number from ${from} to ${to}`,
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number)
      .refine((value) => value >= from && value <= to),
  );
}

function notBuiltYet() {
  return takes('nothing yet: it is not built', z.never()).optional();
}

function onOff() {
  return takes(
    'on or off',
    z.enum(['on', 'off']).transform((word) => word === 'on'),
  );
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const bare =
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return bare && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback));
}

function faultOf(issue: z.core.$ZodIssue, set: Environment): string {
  const name = String(issue.path[0]) as keyof typeof settings.shape;
  const got = secrets.has(name) ? 'a value that is not one (not shown)' : JSON.stringify(set[name]);
  return `${name}: takes ${wordsOf(settings.shape[name])}, got ${got}`;
}

// `.default()` and `.optional()` wrap the type that holds the words.
function wordsOf(type: z.ZodType): string {
  const words = type.meta()?.['takes'];
  if (typeof words === 'string') return words;
  return type instanceof z.ZodDefault || type instanceof z.ZodOptional
    ? wordsOf(type.unwrap() as z.ZodType)
    : 'another value';
}

// What no setting can say for itself.
function combinationFaults(set: Environment): string[] {
  const faults: string[] = [];
  if (set['UPSTREAM'] === 'stripe' && set['STRIPE_SECRET_KEY'] === undefined) {
    faults.push('STRIPE_SECRET_KEY: is needed with UPSTREAM=stripe');
  }
  if (
    set['NODE_ENV'] === 'production' &&
    set['UPSTREAM'] === undefined &&
    set['STRIPE_SECRET_KEY'] === undefined
  ) {
    faults.push(
      'STRIPE_SECRET_KEY: is needed in production; or say UPSTREAM=sandbox to serve made-up scores',
    );
  }
  if (set['NODE_ENV'] === 'production' && set['AUTH_MODE'] === undefined) {
    faults.push('AUTH_MODE: must be set in production; none lets in whoever reaches the port');
  }
  return faults;
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const item of Object.values(value)) if (typeof item === 'object' && item !== null) deepFreeze(item);
  return Object.freeze(value);
}
