import type { Config } from '../config/config.ts';
import { packageInfo } from '../config/package-info.ts';
import { shownCollector } from '../config/shown-values.ts';
import { firstCall } from './startup-banner.ts';

/** The configuration as the fields of one log line, like `configSummary` for people. */
export function configFields(config: Config, url: string): Readonly<Record<string, unknown>> {
  const { authentication, stripe, stripeApi, rateLimits, http, telemetry, trustedDocuments } = config;
  return {
    version: packageInfo().version,
    nodeVersion: process.version,
    nodeEnv: config.environment ?? null,
    upstream: config.upstream,
    mode: config.mode,
    apiUrl: config.upstream === 'stripe' ? stripe.apiUrl : null,
    api: stripeApi,
    apiVersion: stripe.apiVersion,
    account: stripe.account ?? null,
    accounts: config.stripeAccounts,
    proxy: config.proxy === undefined ? null : new URL(config.proxy.url).origin,
    authMode: authentication.mode,
    issuer: authentication.mode === 'jwt' ? authentication.issuer : null,
    signalsVisibility: config.signalsVisibility,
    rateLimitPerMinute: rateLimits.perMinute ?? 'off',
    // A router's address is not counted.
    rateLimitPerAddressPerMinute:
      authentication.mode === 'router' ? 'off' : (rateLimits.perAddressPerMinute ?? 'off'),
    rateLimitStore: rateLimits.redisUrl === undefined ? 'memory' : 'redis',
    trustedDocuments: trustedDocuments.mode,
    introspection: config.introspection,
    explorer: config.explorer,
    corsOrigins: http.corsLocal ? ['http://localhost', 'http://127.0.0.1', 'http://[::1]'] : http.corsOrigins,
    // Not the list: the log's redaction would remove the addresses in it.
    allowedHosts: http.allowedHosts === undefined ? 'any' : 'listed',
    metricsPort: telemetry.metricsPort ?? 'off',
    tracesTo: telemetry.tracing === undefined ? 'off' : shownCollector(telemetry.tracing.url),
    logLevel: config.logLevel,
    ...(config.upstream === 'sandbox' ? { tryIt: firstCall(url, config) } : {}),
  };
}
