import * as z from 'zod';
import { defaultVersion, versionPattern, versionsWith } from '../stripe/versions.ts';
import { logLevels } from '../telemetry/log.ts';
import { samplers } from '../telemetry/tracing.ts';
import {
  hasReadableUser,
  headerPairs,
  httpUrl,
  isNetwork,
  isOrigin,
  isProxy,
  isRedisUrl,
  isSafeUrl,
  onOff,
  otlpProtocol,
  pairs,
  proxyOrigin,
  secretFile,
  share,
  takes,
  wholeNumber,
  wholeNumberOrOff,
} from './setting-types.ts';

/** Whose values are never shown. Each may stand in a file instead, which `…_FILE` names and which is read anew. */
export const secretSettings = ['STRIPE_SECRET_KEY', 'ROUTER_SECRET', 'REDIS_URL', 'PSEUDONYM_KEY'] as const;

/** Never shown either, since they may hold credentials; a new one can wait for a restart. */
const otherSecrets = [
  'HTTPS_PROXY',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
] as const;

/** Whether a setting's value may be shown. */
export function isSecret(name: string): boolean {
  return [...secretSettings, ...otherSecrets].some((secret) => secret === name);
}

/** A value that may be shown, but for the user and password of a URL in it. */
export function withoutCredentials(value: string): string {
  return value.replace(/\/\/[^/@\s]*@/g, '//•••@');
}

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting, read. */
export type Settings = z.output<typeof settings>;

/** The secrets among them. */
export type Secrets = Pick<Settings, (typeof secretSettings)[number]>;

/**
 * Each setting: what it takes, in words for its fault message, how it is read, and what it means. The single source
 * of `--help`, `--check-config` and docs/reference/settings.md.
 */
export const settings = z.object({
  NODE_ENV: takes('production, development or test', z.enum(['production', 'development', 'test']))
    .optional()
    .describe('`production` turns introspection off and requires an explicit `AUTH_MODE` and upstream'),
  HOST: takes('a host name or address', z.string())
    .default('127.0.0.1')
    .describe('the address to listen on; `0.0.0.0` for all interfaces'),
  PORT: wholeNumber(0, 65_535)
    .default(4000)
    .describe('the port to listen on; `0` picks a free one and logs it'),
  STRIPE_SECRET_KEY: takes(
    'a secret key (sk_live_…, sk_test_…) or restricted key (rk_live_…, rk_test_…)',
    z.string().regex(/^(sk|rk)_(live|test)_[A-Za-z0-9_]+$/),
  )
    .optional()
    .describe('a secret or restricted key; required in production unless `UPSTREAM=sandbox`')
    .meta({ otherwise: 'none: the upstream is the sandbox' }),
  UPSTREAM: takes('stripe or sandbox', z.enum(['stripe', 'sandbox']))
    .optional()
    .describe('the upstream: Stripe, or the built-in sandbox with made-up scores')
    .meta({ otherwise: '`stripe` with a key, else `sandbox`' }),
  STRIPE_API_URL: takes(
    'https://host or https://host:port, without a path; plain http only for 127.0.0.1, [::1] and localhost',
    z
      .string()
      .refine(isOrigin)
      .transform((url) => new URL(url).origin),
  )
    .default('https://api.stripe.com')
    .describe('the base URL of Stripe’s API'),
  STRIPE_API_VERSION: takes(`a version such as ${defaultVersion}`, z.string().regex(versionPattern))
    .default(defaultVersion)
    .describe('sent as `Stripe-Version`; decides what the upstream supports'),
  STRIPE_ACCOUNT: takes('an account id, acct_…', z.string().regex(/^acct_[A-Za-z0-9]+$/))
    .optional()
    .describe('sent as `Stripe-Account` (Connect)'),
  HTTPS_PROXY: takes(
    'http://user:password@host:port, or https:// with a host name; without a path',
    z.string().refine(isProxy).transform(proxyOrigin),
  )
    .optional()
    .describe('the proxy for requests to Stripe and the key set; also read as `https_proxy`'),
  NO_PROXY: takes('host names, comma separated, such as stripe.internal or .example.com', z.string())
    .default('')
    .describe('hosts to call without the proxy, subdomains included; also read as `no_proxy`'),
  UPSTREAM_TIMEOUT_MS: wholeNumber(1, 600_000)
    .default(3000)
    .describe('the timeout of one upstream attempt, body included'),
  UPSTREAM_DEADLINE_MS: wholeNumber(1, 600_000)
    .default(8000)
    .describe('the deadline of one upstream call: all attempts and waits'),
  UPSTREAM_MAX_ATTEMPTS: wholeNumber(1, 10)
    .default(3)
    .describe('the maximum attempts of one call, the first included'),
  UPSTREAM_MAX_CONCURRENCY: wholeNumber(1, 100_000)
    .default(512)
    .describe(
      'the maximum calls in flight; further calls wait briefly and are then rejected with `OVERLOADED`',
    ),
  UPSTREAM_MAX_PER_SECOND: wholeNumber(1, 100_000)
    .optional()
    .describe('the maximum calls per second of each process; calls wait instead of running into a 429'),
  SANDBOX_FAULT_SHARE: share().default(0).describe('the share of sandbox calls that fail at random'),
  INTROSPECTION: onOff()
    .optional()
    .describe('whether callers may query the schema')
    .meta({ otherwise: '`on`, in production `off`' }),
  CORS_ORIGINS: takes(
    'exact origins, comma separated, such as https://shop.example',
    z
      .string()
      .transform((list) => list.split(',').map((origin) => origin.trim()))
      .refine((origins) =>
        origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
      ),
  )
    .optional()
    .describe('exact origins whose pages may call from a browser')
    .meta({
      otherwise: 'none; outside production the pages of this machine, `http://localhost` at any port',
    }),
  ALLOWED_HOSTS: takes(
    'host names or addresses without ports, comma separated, such as gateway.test',
    z
      .string()
      .transform((list) => list.split(',').map((host) => host.trim().toLowerCase()))
      .refine((hosts) => hosts.every((host) => /^(\[[\da-f:.]+\]|[\w.-]+)$/.test(host))),
  )
    .optional()
    .describe(
      'the `Host` names to accept, besides `localhost`, `127.0.0.1` and `[::1]`; all others are refused',
    )
    .meta({
      otherwise: 'any; those three outside production with `AUTH_MODE=none` on a loopback address',
    }),
  MAX_EVENT_LOOP_DELAY_MS: wholeNumber(1, 10_000)
    .default(150)
    .describe(
      'load shedding: if a request would wait longer than this for the process, it is rejected with `OVERLOADED`',
    ),
  MAX_BODY_BYTES: wholeNumber(1024, 100_000_000)
    .default(65_536)
    .describe('the largest request body; compressed ones are refused'),
  AUTH_MODE: takes('none, jwt or router', z.enum(['none', 'jwt', 'router']))
    .optional()
    .describe('how callers are authenticated; must be set in production')
    .meta({ otherwise: '`none`' }),
  JWT_JWKS_URL: takes(
    'an https URL of a key set; plain http only for 127.0.0.1, [::1] and localhost',
    z.string().refine((url) => URL.canParse(url) && isSafeUrl(new URL(url)) && hasReadableUser(new URL(url))),
  )
    .optional()
    .describe('the URL of the issuer’s key set; required by `AUTH_MODE=jwt`'),
  JWT_ISSUER: takes('the issuer exactly as tokens name it in iss', z.string())
    .optional()
    .describe('the accepted token issuer (`iss`); required by `AUTH_MODE=jwt`'),
  JWT_AUDIENCE: takes(
    'this gateway as tokens name it in aud; several names comma separated',
    z
      .string()
      .transform((list) => list.split(',').map((name) => name.trim()))
      .refine((names) => names.every((name) => name !== '')),
  )
    .optional()
    .describe('the expected token audience (`aud`); required by `AUTH_MODE=jwt`'),
  JWT_AUDIENCE_CLAIM: takes('aud, client_id, azp or cid', z.enum(['aud', 'client_id', 'azp', 'cid']))
    .default('aud')
    .describe(
      'the claim that must be one of `JWT_AUDIENCE`: `client_id` for access tokens of Amazon Cognito, which have no `aud`',
    ),
  // What Spring Security and Envoy allow.
  JWT_CLOCK_TOLERANCE_SECONDS: wholeNumber(0, 300)
    .default(60)
    .describe('the allowed clock skew between issuer and gateway, before and after a token’s validity'),
  JWT_CUSTOMER_CLAIM: takes('the name of a claim', z.string().max(256))
    .optional()
    .describe(
      `the claim that holds a caller’s Stripe customer; the caller may act for no other. Its reports need a \`STRIPE_API_VERSION\` of ${versionsWith('retrieve')}, which can retrieve the evaluation’s customer`,
    ),
  ROUTER_SECRET: takes(
    'one secret or several, comma separated, each of 32 to 256 visible ASCII characters',
    z
      .string()
      .transform((list) => list.split(',').map((secret) => secret.trim()))
      .refine((secrets) => secrets.every((secret) => /^[\x21-\x7e]{32,256}$/.test(secret))),
  )
    .optional()
    .describe(
      'the secret that the router sends in `x-router-secret`; several during a rotation; required by `AUTH_MODE=router`',
    ),
  SIGNALS_VISIBILITY: takes('all or scoped', z.enum(['all', 'scoped']))
    .default('all')
    .describe('`scoped`: signals only for callers with the scope `evaluations:signals`'),
  RATE_LIMIT_PER_MINUTE: wholeNumberOrOff(1, 1_000_000)
    .prefault('120')
    .describe('the calls to Stripe that a caller’s operations may cause'),
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: wholeNumberOrOff(1, 1_000_000)
    .prefault('600')
    .describe('the same per address, across all its callers; refused credentials are counted separately'),
  REDIS_URL: takes(
    'redis://user:password@host:port/database or rediss://…; % in a password is written %25, the database is a number',
    z.string().refine((url) => URL.canParse(url) && isRedisUrl(new URL(url))),
  )
    .optional()
    .describe('the Redis that shares rate-limit counters between replicas')
    .meta({ otherwise: 'none: each process counts for itself' }),
  PSEUDONYM_KEY: takes('32 to 256 characters', z.string().min(32).max(256))
    .optional()
    .describe('the key of the hash that identifies callers in logs and counters')
    .meta({ otherwise: 'from the Stripe key' }),
  // No count of proxies: whoever reaches the port without them could write as many entries.
  TRUST_PROXY: takes(
    'the addresses or networks of the proxies in front, comma separated, such as 10.0.0.0/8 or loopback',
    z
      .string()
      .transform((list) => list.split(',').map((network) => network.trim()))
      .refine((networks) => networks.every(isNetwork)),
  )
    .optional()
    .describe('the proxies whose `X-Forwarded-For` is trusted'),
  MAX_ROOT_FIELDS: wholeNumber(1, 1_000)
    .default(10)
    .describe('the maximum root fields of one operation, fragments expanded'),
  MAX_DEPTH: wholeNumber(1, 100)
    .default(10)
    .describe('the maximum depth of one operation, fragments expanded'),
  MAX_ALIASES: wholeNumber(0, 1_000)
    .default(20)
    .describe('the maximum aliases in one operation, fragments expanded'),
  MAX_DIRECTIVES: wholeNumber(0, 1_000)
    .default(20)
    .describe('the maximum directives in one operation, fragments expanded'),
  MAX_TOKENS: wholeNumber(100, 100_000).default(1_000).describe('the maximum lexical tokens of one document'),
  MAX_DOCUMENT_BYTES: wholeNumber(1_024, 1_000_000)
    .default(16_384)
    .describe('the maximum length of one document, in bytes'),
  MAX_COST: wholeNumber(1, 10_000)
    .default(100)
    .describe('the maximum calls to Stripe that one operation may cause'),
  TRUSTED_DOCUMENTS: takes('off, prefer or only', z.enum(['off', 'prefer', 'only']))
    .default('off')
    .describe('`only` runs only the shipped operations and yours; `prefer` runs and logs others'),
  TRUSTED_DOCUMENTS_PATH: takes('a manifest or a directory', z.string())
    .optional()
    .describe('your own operations, in addition to the shipped ones'),
  REQUEST_TIMEOUT_MS: wholeNumber(100, 600_000)
    .default(10_000)
    .describe('the time to receive a complete request; its headers within 5 seconds'),
  RESPONSE_TIMEOUT_MS: wholeNumber(100, 600_000)
    .default(30_000)
    .describe('the time for a client to read its response; then its connection is closed'),
  KEEP_ALIVE_MS: wholeNumber(1_000, 3_600_000)
    .default(75_000)
    .describe(
      'how long an idle connection is kept open; must exceed the idle timeout of the load balancer in front',
    ),
  EXPLORER: onOff()
    .optional()
    .describe('the explorer at `/`, and with the sandbox the playground at `/try`')
    .meta({ otherwise: '`on`, in production `off`' }),
  METRICS_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe('the port on `HOST` that serves `/metrics` to Prometheus; `0` picks a free one'),
  DRAIN_DELAY_MS: wholeNumber(0, 600_000)
    .default(0)
    .describe(
      'how long requests are still served after `SIGTERM` while `/readyz` fails, so that load balancers can notice',
    ),
  STRIPE_SECRET_KEY_FILE: secretFile('STRIPE_SECRET_KEY'),
  ROUTER_SECRET_FILE: secretFile('ROUTER_SECRET'),
  REDIS_URL_FILE: secretFile('REDIS_URL'),
  PSEUDONYM_KEY_FILE: secretFile('PSEUDONYM_KEY'),
  LOG_LEVEL: takes(logLevels.join(', '), z.enum(logLevels))
    .default('info')
    .describe(
      'JSON lines on stdout, plain text in a terminal; never contains input values. `SIGUSR2` switches to `debug` and back',
    ),
  // OpenTelemetry's names and meanings: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
  OTEL_SDK_DISABLED: takes('true or false', z.string().regex(/^(true|false)$/i))
    .optional()
    .describe('`true`: no traces'),
  OTEL_TRACES_EXPORTER: takes('otlp or none', z.enum(['otlp', 'none']))
    .default('otlp')
    .describe('`none`: no traces'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl()
    .optional()
    .describe(
      'the base URL of the collector; traces go to `/v1/traces` below it. Without one there are no traces',
    ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl().optional().describe('the complete URL for traces'),
  OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocol().describe('the protocol of the collector'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: otlpProtocol().describe('the same, for traces'),
  OTEL_EXPORTER_OTLP_HEADERS: headerPairs().optional().describe('sent to the collector, such as its token'),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headerPairs()
    .optional()
    .describe('the same, for traces only; replaces them'),
  OTEL_EXPORTER_OTLP_TIMEOUT: wholeNumber(1, 600_000)
    .optional()
    .describe('the timeout of the collector, in milliseconds')
    .meta({ otherwise: '`10000`' }),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: wholeNumber(1, 600_000)
    .optional()
    .describe('the same, for traces, in its place'),
  OTEL_TRACES_SAMPLER: takes(samplers.join(', '), z.enum(samplers))
    .default('parentbased_always_on')
    .describe('the sampler: which traces are kept'),
  OTEL_TRACES_SAMPLER_ARG: share().default(1).describe('the share that `traceidratio` keeps'),
  OTEL_SERVICE_NAME: takes('a name', z.string().max(256))
    .optional()
    .describe('the service name in traces')
    .meta({ otherwise: '`service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else `customer-evaluations-gateway`' }),
  OTEL_RESOURCE_ATTRIBUTES: pairs().default('').describe('further attributes of the service in each trace'),
});
