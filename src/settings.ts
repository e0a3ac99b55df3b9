import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { defaultVersion, versionPattern } from './stripe/versions.ts';
import { logLevels } from './telemetry/log.ts';

/** Whose values are never shown. */
export const secretSettings: ReadonlySet<string> = new Set([
  'STRIPE_SECRET_KEY',
  'ROUTER_SECRET',
  'REDIS_URL',
  'PSEUDONYM_KEY',
]);

/** Every setting, read. */
export type Settings = z.output<typeof settings>;

/** Each setting: what it takes, in words for its fault message, and how it is read. */
export const settings = z.object({
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
  AUTH_MODE: takes('none, jwt or router', z.enum(['none', 'jwt', 'router'])).optional(),
  JWT_JWKS_URL: takes(
    'an https URL of a key set; plain http only for 127.0.0.1, [::1] and localhost',
    z.string().refine((url) => URL.canParse(url) && isSafeUrl(new URL(url))),
  ).optional(),
  JWT_ISSUER: takes('the issuer exactly as tokens name it in iss', z.string()).optional(),
  JWT_AUDIENCE: takes('this gateway as tokens name it in aud', z.string()).optional(),
  JWT_CUSTOMER_CLAIM: takes('the name of a claim', z.string().max(256)).optional(),
  ROUTER_SECRET: takes(
    'one secret or several, comma separated, each of 32 to 256 visible ASCII characters',
    z
      .string()
      .transform((list) => list.split(',').map((secret) => secret.trim()))
      .refine((secrets) => secrets.every((secret) => /^[\x21-\x7e]{32,256}$/.test(secret))),
  ).optional(),
  SIGNALS_VISIBILITY: takes('all or scoped', z.enum(['all', 'scoped'])).default('all'),
  RATE_LIMIT_PER_MINUTE: wholeNumberOrOff(1, 1_000_000).prefault('120'),
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: wholeNumberOrOff(1, 1_000_000).prefault('600'),
  REDIS_URL: takes(
    'redis://user:password@host:port/database or rediss://…',
    z.string().refine((url) => URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)),
  ).optional(),
  PSEUDONYM_KEY: takes('32 to 256 characters', z.string().min(32).max(256)).optional(),
  // No count of proxies: whoever reaches the port without them could write as many entries.
  TRUST_PROXY: takes(
    'the addresses or networks of the proxies in front, comma separated, such as 10.0.0.0/8 or loopback',
    z
      .string()
      .transform((list) => list.split(',').map((network) => network.trim()))
      .refine((networks) => networks.every(isNetwork)),
  ).optional(),
  MAX_ROOT_FIELDS: wholeNumber(1, 1_000).default(10),
  MAX_DEPTH: wholeNumber(1, 100).default(10),
  MAX_ALIASES: wholeNumber(0, 1_000).default(20),
  MAX_DIRECTIVES: wholeNumber(0, 1_000).default(20),
  MAX_TOKENS: wholeNumber(100, 100_000).default(1_000),
  MAX_DOCUMENT_BYTES: wholeNumber(1_024, 1_000_000).default(16_384),
  MAX_COST: wholeNumber(1, 10_000).default(100),
  TRUSTED_DOCUMENTS: takes('off, prefer or only', z.enum(['off', 'prefer', 'only'])).default('off'),
  TRUSTED_DOCUMENTS_PATH: takes('a manifest or a directory', z.string()).optional(),
  REQUEST_TIMEOUT_MS: wholeNumber(100, 600_000).default(10_000),
  KEEP_ALIVE_MS: wholeNumber(1_000, 3_600_000).default(75_000),
  // Part of the contract and not built yet: what would be ignored is refused, so that nobody relies on it.
  EXPLORER: takes('off (on is not built yet)', z.literal('off')).optional(),
  METRICS_PORT: notBuiltYet(),
  LOG_LEVEL: takes(logLevels.join(', '), z.enum(logLevels)).default('info'),
});

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

function wholeNumberOrOff(from: number, to: number) {
  return takes(
    `a whole number from ${from} to ${to}, or off`,
    z
      .string()
      .regex(/^(\d{1,9}|off)$/)
      .transform((text) => (text === 'off' ? undefined : Number(text)))
      .refine((value) => value === undefined || (value >= from && value <= to)),
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
  return bare && isSafeUrl(url);
}

// What goes to another machine in plain text can be read and changed on the way.
function isSafeUrl(url: URL): boolean {
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
}

// As Fastify's `trustProxy` takes them.
function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  // ipaddr.js by itself also takes 1 and 127.1 for addresses, as C's inet_aton does.
  const [address = ''] = text.split('/');
  return isIP(address) !== 0 && (text.includes('/') ? ipaddr.isValidCIDR(text) : true);
}
