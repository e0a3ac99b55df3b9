import * as z from 'zod';
import { isStripeAccount } from '../stripe/http/account-keys.ts';
import { versionsWith } from '../stripe/versions.ts';
import { samplers } from '../telemetry/tracing.ts';
import { callerHeaders } from './caller-headers.ts';
import {
  accepts,
  hasReadableUser,
  headerPairs,
  httpUrl,
  isNetwork,
  isProxy,
  isRedisUrl,
  isSafeUrl,
  onOff,
  pairs,
  proxyOrigin,
  secretFile,
  share,
  wholeNumber,
  wholeNumberOrOff,
} from './setting-types.ts';

/** The settings of some deployments: behind a router or proxy, with tokens, with several replicas, with traces. */
export const settingsForSome = {
  JWT_JWKS_URL: accepts(
    'an https URL of a key set; plain http only for 127.0.0.1, [::1] and localhost',
    z.string().refine((url) => URL.canParse(url) && isSafeUrl(new URL(url)) && hasReadableUser(new URL(url))),
  )
    .optional()
    .describe('the URL of the issuer’s key set; required by `AUTH_MODE=jwt`'),
  JWT_ISSUER: accepts('the issuer, exactly as in the tokens’ iss', z.string())
    .optional()
    .describe('the accepted token issuer (`iss`); required by `AUTH_MODE=jwt`'),
  JWT_AUDIENCE: accepts(
    'one audience or several, comma separated, exactly as in the tokens’ aud',
    z
      .string()
      .transform((list) => list.split(',').map((name) => name.trim()))
      .refine((names) => names.every((name) => name !== '')),
  )
    .optional()
    .describe('the expected token audience (`aud`); required by `AUTH_MODE=jwt`'),
  JWT_AUDIENCE_CLAIM: accepts('aud, client_id, azp or cid', z.enum(['aud', 'client_id', 'azp', 'cid']))
    .default('aud')
    .describe(
      'the claim whose value must be one of `JWT_AUDIENCE`; `client_id` for access tokens of Amazon Cognito, which have no `aud`',
    ),
  JWT_CUSTOMER_CLAIM: accepts('the name of a claim', z.string().max(256))
    .optional()
    .describe(
      `the claim that holds a caller’s Stripe customer; the caller may act for no other. Reports by such callers need a \`STRIPE_API_VERSION\` of ${versionsWith('retrieve')}: the gateway first retrieves the evaluation to check its customer`,
    ),
  ROUTER_SECRET: accepts(
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
  ROUTER_SECRET_FILE: secretFile('ROUTER_SECRET'),
  ROUTER_REQUIRED_HEADERS: accepts(
    `a list of ${callerHeaders.join(', ')}`,
    z
      .string()
      .transform((list) => list.split(',').map((name) => name.trim().toLowerCase()))
      .pipe(z.array(z.enum(callerHeaders))),
  )
    .optional()
    .describe(
      'the headers that a router must send, such as `x-caller-subject, x-caller-scopes`; a request without one is refused. By default, a caller that the router does not name has all rights and no rate limit',
    ),
  SIGNALS_VISIBILITY: accepts('all or scoped', z.enum(['all', 'scoped']))
    .default('all')
    .describe('`scoped`: signals only for callers with the scope `evaluations:signals`'),
  TRUSTED_DOCUMENTS: accepts('off, prefer or only', z.enum(['off', 'prefer', 'only']))
    .default('off')
    .describe(
      'with `only`, refuses all operations except the shipped ones and yours; with `prefer`, runs the others too, and logs them',
    ),
  TRUSTED_DOCUMENTS_PATH: accepts('the path of a manifest or a directory', z.string())
    .optional()
    .describe('your own operations, in addition to the shipped ones'),
  RATE_LIMIT_PER_MINUTE: wholeNumberOrOff(1, 1_000_000)
    .prefault('120')
    .describe('the maximum calls to Stripe per minute that one caller’s operations may cause'),
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: wholeNumberOrOff(1, 1_000_000)
    .prefault('600')
    .describe('calls per minute per address, except behind a router; refused credentials count separately'),
  REDIS_URL: accepts(
    'redis://[user:password@]host:port[/database number], or rediss:// for TLS; % in a password is written %25',
    // ioredis reads the text itself: it takes neither white space nor upper case for a URL or for TLS.
    z
      .string()
      .regex(/^rediss?:\/\/\S+$/)
      .refine((url) => URL.canParse(url) && isRedisUrl(new URL(url))),
  )
    .optional()
    .describe('the Redis that shares rate-limit counters between replicas')
    .meta({ defaultsTo: 'none: each process counts for itself' }),
  REDIS_URL_FILE: secretFile('REDIS_URL'),
  PSEUDONYM_KEY: accepts('32 to 256 characters', z.string().min(32).max(256))
    .optional()
    .describe('the key of the hash that identifies callers in logs and counters')
    .meta({ defaultsTo: 'derived from `STRIPE_SECRET_KEY`' }),
  PSEUDONYM_KEY_FILE: secretFile('PSEUDONYM_KEY'),
  // Not a number of proxies: a client that bypasses them could send that many entries.
  TRUST_PROXY: accepts(
    'the addresses or networks of the proxies in front, comma separated, such as 10.0.0.0/8 or loopback',
    z
      .string()
      .transform((list) => list.split(',').map((network) => network.trim()))
      .refine((networks) => networks.every(isNetwork)),
  )
    .optional()
    .describe('the proxies whose `X-Forwarded-For` is trusted'),
  ALLOWED_HOSTS: accepts(
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
      defaultsTo:
        'any; outside production, with `AUTH_MODE=none` and a loopback `HOST`, only `localhost`, `127.0.0.1` and `[::1]`',
    }),
  KEEP_ALIVE_MS: wholeNumber(1_000, 3_600_000)
    .default(75_000)
    .describe(
      'how long an idle connection is kept open; must exceed the idle timeout of the load balancer in front',
    ),
  DRAIN_DELAY_MS: wholeNumber(0, 600_000)
    .default(0)
    .describe(
      'how long requests are still served after `SIGTERM` while `/readyz` fails, so that load balancers can notice',
    ),
  EXPLORER: onOff()
    .optional()
    .describe('the explorer at `/`, and with the sandbox the playground at `/try`')
    .meta({ defaultsTo: '`on`, in production `off`' }),
  HTTPS_PROXY: accepts(
    'http://user:password@host:port, or https:// with a host name; without a path',
    z.string().refine(isProxy).transform(proxyOrigin),
  )
    .optional()
    .describe('the proxy for requests to Stripe and the key set; also read as `https_proxy`'),
  NO_PROXY: accepts('host names, comma separated, such as stripe.internal or .example.com', z.string())
    .default('')
    .describe('hosts to call without the proxy, subdomains included; also read as `no_proxy`'),
  STRIPE_ACCOUNT: accepts('an account id, acct_…', z.string().regex(/^acct_[A-Za-z0-9]+$/))
    .optional()
    .describe('the account of all calls: `Stripe-Account`, or with an organization’s key `Stripe-Context`'),
  STRIPE_CONTEXT: accepts(
    'a context path, such as acct_1/acct_2, or an account id with an organization’s key',
    z.string().refine(isStripeAccount),
  )
    .optional()
    .describe('sent as `Stripe-Context` (organizations), in place of `STRIPE_ACCOUNT`'),
  STRIPE_ACCOUNTS: accepts('one or callers', z.enum(['one', 'callers']))
    .default('one')
    .describe(
      '`callers`: each caller names the Stripe account of its calls; callers without one use `STRIPE_ACCOUNT` or `STRIPE_CONTEXT`, or are refused. See [Many Stripe accounts](../platforms.md)',
    ),
  JWT_STRIPE_ACCOUNT_CLAIM: accepts('the name of a claim', z.string().max(256))
    .optional()
    .describe(
      'the claim that holds a caller’s Stripe account or context path; required by `STRIPE_ACCOUNTS=callers` with `AUTH_MODE=jwt`. A router sends `x-caller-account`',
    ),
  STRIPE_SECRET_KEYS_DIR: accepts('a directory that can be read', z.string().min(1))
    .optional()
    .describe(
      'the directory of the accounts’ own keys, each in a file named after its account, such as `acct_1`',
    )
    .meta({ defaultsTo: 'all calls use `STRIPE_SECRET_KEY`' }),
  UPSTREAM_TIMEOUT_MS: wholeNumber(1, 600_000)
    .default(3000)
    .describe('the timeout of one upstream attempt, body included; at most UPSTREAM_DEADLINE_MS'),
  UPSTREAM_DEADLINE_MS: wholeNumber(1, 600_000)
    .default(8000)
    .describe('the deadline of one upstream call: all attempts and waits'),
  SIGNALS_WAIT_MS: wholeNumber(0, 600_000)
    .default(2000)
    .describe(
      'with `STRIPE_API=v2`: how long a mutation waits for signals that Stripe is still computing, within the deadline; `pendingSignals` lists the missing ones. `0` does not wait',
    ),
  UPSTREAM_MAX_CONCURRENCY: wholeNumber(1, 100_000)
    .default(512)
    .describe(
      'the maximum calls in flight; further calls wait briefly and are then rejected with `OVERLOADED`',
    ),
  UPSTREAM_MAX_PER_SECOND: wholeNumber(1, 100_000)
    .optional()
    .describe('the maximum calls per second to each Stripe account, by each process; calls above it wait'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl()
    .optional()
    .describe(
      'the base URL of the collector; traces are sent to its path `/v1/traces`. If it is not set, no traces are exported',
    ),
  OTEL_EXPORTER_OTLP_HEADERS: headerPairs().optional().describe('headers for the collector, e.g. its token'),
  OTEL_SERVICE_NAME: accepts('a name', z.string().max(256))
    .optional()
    .describe('the service name in traces')
    .meta({
      defaultsTo: '`service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else `customer-evaluations-gateway`',
    }),
  OTEL_RESOURCE_ATTRIBUTES: pairs().default('').describe('additional resource attributes in each trace'),
  OTEL_TRACES_SAMPLER: accepts(`one of ${samplers.join(', ')}`, z.enum(samplers))
    .default('parentbased_always_on')
    .describe('the sampler: which traces are kept'),
  OTEL_TRACES_SAMPLER_ARG: share().default(1).describe('the share that `traceidratio` keeps'),
};
