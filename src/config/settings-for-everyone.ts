import * as z from 'zod';
import { defaultVersion, stripeApis, versionPattern } from '../stripe/versions.ts';
import { logLevels } from '../telemetry/log.ts';
import { accepts, secretFile, wholeNumber } from './setting-types.ts';

/**
 * Whether it is an origin as browsers send it (RFC 6454, 6.2). Apps of Capacitor, Ionic and Tauri, and extensions, have a
 * scheme of their own, whose origin the URL standard calls opaque.
 */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin } = new URL(text);
  return origin === 'null' ? /^[a-z][a-z\d+.-]*:\/\/[a-z\d.[\]:-]+$/.test(text) : origin === text;
}

/** The settings of every deployment. */
export const settingsForEveryone = {
  NODE_ENV: accepts('production, development or test', z.enum(['production', 'development', 'test']))
    .optional()
    .describe('`production` turns introspection off and requires an explicit `AUTH_MODE` and upstream'),
  HOST: accepts('a host name or address', z.string())
    .default('127.0.0.1')
    .describe('the address to listen on; `0.0.0.0` for all interfaces'),
  PORT: wholeNumber(0, 65_535)
    .default(4000)
    .describe('the port to listen on; `0` picks a free one and logs it'),
  UPSTREAM: accepts('stripe or sandbox', z.enum(['stripe', 'sandbox']))
    .optional()
    .describe('the upstream: Stripe, or the built-in sandbox with made-up scores')
    .meta({ defaultsTo: '`stripe` with a key, else `sandbox`' }),
  STRIPE_SECRET_KEY: accepts(
    'a secret key (sk_live_…, sk_test_…), restricted key (rk_live_…, rk_test_…) or organization’s key (sk_org_live_…, sk_org_test_…)',
    z.string().regex(/^(sk|rk|sk_org)_(live|test)_[A-Za-z0-9_]+$/),
  )
    .optional()
    .describe('a secret or restricted key; required in production unless `UPSTREAM=sandbox`')
    .meta({ defaultsTo: 'none: the upstream is the sandbox' }),
  STRIPE_SECRET_KEY_FILE: secretFile('STRIPE_SECRET_KEY'),
  STRIPE_API: accepts('v1 or v2', z.enum(stripeApis))
    .default('v1')
    .describe(
      'Stripe’s API: `v1` customer evaluations, a private preview by invitation, or `v2` signals, a public preview for sandboxes. See [Choose an API](../stripe-apis.md)',
    ),
  STRIPE_API_VERSION: accepts(`a version such as ${defaultVersion}`, z.string().regex(versionPattern))
    .default(defaultVersion)
    .describe('sent as `Stripe-Version`; decides what the upstream supports'),
  AUTH_MODE: accepts('none, jwt or router', z.enum(['none', 'jwt', 'router']))
    .optional()
    .describe('how callers are authenticated; must be set in production')
    .meta({ defaultsTo: '`none`' }),
  CORS_ORIGINS: accepts(
    'exact origins, comma separated, such as https://shop.example or capacitor://localhost',
    z
      .string()
      .transform((list) => list.split(',').map((origin) => origin.trim()))
      .refine((origins) => origins.every(isOrigin)),
  )
    .optional()
    .describe('exact origins whose pages may call from a browser')
    .meta({
      defaultsTo: 'none; outside production, pages on this machine: `http://localhost` at any port',
    }),
  METRICS_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe('the port on `HOST` that serves `/metrics` to Prometheus; `0` picks a free one'),
  LOG_LEVEL: accepts(`one of ${logLevels.join(', ')}`, z.enum(logLevels))
    .default('info')
    .describe(
      'JSON lines on stdout, plain text in a terminal; never contains input values. `SIGUSR2` switches to `debug` and back',
    ),
};
