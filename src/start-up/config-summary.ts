import type { Config } from '../config/config.ts';
import { shownCollector } from '../config/shown-values.ts';

/**
 * A summary of the configuration for a person at a terminal, one line per feature. `url` is the gateway's, once it
 * listens.
 */
export function configSummary(config: Config, url = ''): string {
  const rows = rowsOf(config, url);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, state]) => `  ${name.padEnd(width)}  ${state}\n`).join('');
}

function rowsOf(config: Config, url: string): readonly (readonly [name: string, state: string])[] {
  const { operationLimits: limits, http } = config;
  return [
    ['environment', environmentOf(config)],
    ['upstream', upstreamOf(config)],
    ['API', `${config.stripeApi}, version ${config.stripe.apiVersion}`],
    ['proxy', proxyOf(config)],
    ['callers', callersOf(config)],
    ['accounts', accountsOf(config)],
    [
      'signals',
      config.signalsVisibility === 'all' ? 'shown to all callers' : 'only with evaluations:signals',
    ],
    ['rate limits', rateLimitsOf(config)],
    [
      'operations',
      `at most ${limits.rootFields} root fields, depth ${limits.depth}, ${config.maxCost} calls to the upstream`,
    ],
    ['trusted documents', trustedDocumentsOf(config)],
    ['introspection', config.introspection ? 'on' : 'off'],
    ['pages', pagesOf(config, url)],
    ['host names', http.allowedHosts?.join(', ') ?? 'any'],
    ['CORS origins', browsersOf(http)],
    ['metrics', metricsOf(config)],
    ['traces', tracesOf(config)],
  ];
}

function environmentOf({ environment }: Config): string {
  return environment === undefined ? 'development (NODE_ENV is not set)' : environment;
}

function upstreamOf({ mode, stripe }: Config): string {
  if (mode === 'sandbox') return 'the built-in sandbox: scores are made up, nothing is billed';
  const account = stripe.account === undefined ? '' : `, for ${stripe.account}`;
  return `${stripe.apiUrl}, ${mode} mode${account}`;
}

function browsersOf({ corsLocal, corsOrigins }: Config['http']): string {
  if (corsLocal)
    return 'any port of this machine: http://localhost, http://127.0.0.1 (CORS_ORIGINS is not set)';
  return corsOrigins.length === 0 ? 'no other origin (CORS_ORIGINS is not set)' : corsOrigins.join(', ');
}

function proxyOf({ proxy }: Config): string {
  return proxy === undefined
    ? 'none (HTTPS_PROXY is not set)'
    : `${new URL(proxy.url).origin}, from HTTPS_PROXY`;
}

function pagesOf({ explorer, upstream }: Config, url: string): string {
  if (!explorer) return 'none (EXPLORER=off)';
  const playground = upstream === 'sandbox' ? `, the playground at ${url}/try` : '';
  return `the explorer at ${url}/${playground}`;
}

function metricsOf({ host, telemetry: { metricsPort } }: Config): string {
  if (metricsPort === undefined) return 'none (METRICS_PORT is not set)';
  return `at /metrics of ${host}, ${metricsPort === 0 ? 'on a free port, which the log names' : `port ${metricsPort}`}`;
}

function tracesOf({ telemetry: { tracing } }: Config): string {
  if (tracing === undefined) return 'none (OTEL_EXPORTER_OTLP_ENDPOINT is not set, or they are switched off)';
  return `to ${shownCollector(tracing.url)}, as ${serviceNameOf(tracing)}, ${tracing.sampler}`;
}

// As `open-telemetry.ts` merges them, which is loaded only to serve.
function serviceNameOf({
  serviceName,
  resourceAttributes,
}: NonNullable<Config['telemetry']['tracing']>): string {
  const pair = resourceAttributes
    .split(',')
    .findLast((each) => each.split('=')[0]?.trim() === 'service.name');
  const inAttributes = pair === undefined ? undefined : decodeURIComponent(pair.slice(pair.indexOf('=') + 1));
  return serviceName ?? inAttributes?.trim() ?? 'customer-evaluations-gateway';
}

function callersOf({ authentication }: Config): string {
  switch (authentication.mode) {
    case 'none':
      return 'anyone who can reach the port (AUTH_MODE=none)';
    case 'jwt':
      return `with a token of ${authentication.issuer} for ${authentication.audiences.join(' or ')}`;
    case 'router':
      return 'named by the router, which authenticates with ROUTER_SECRET';
    default:
      return authentication satisfies never;
  }
}

function accountsOf({ stripe: { accounts }, secretKeysDirectory: directory }: Config): string {
  if (accounts === undefined) return 'one for all calls (STRIPE_ACCOUNTS=one)';
  const ownKey = directory === undefined ? [] : [`with its key in ${directory}`];
  const oneKey = accounts.mayUseConfiguredKey ? ['with STRIPE_SECRET_KEY'] : [];
  return `each caller’s own (STRIPE_ACCOUNTS=callers), ${[...ownKey, ...oneKey].join(', or else ')}`;
}

function rateLimitsOf({ authentication, rateLimits }: Config): string {
  const { perMinute, perAddressPerMinute, redisUrl } = rateLimits;
  const perAddress =
    perAddressPerMinute === undefined ? 'none for an address' : `${perAddressPerMinute} for an address`;
  const limits = [
    perMinute === undefined ? 'none for a caller' : `${perMinute} calls a minute for a caller`,
    // A router's address is not counted.
    ...(authentication.mode === 'router' ? [] : [perAddress]),
  ];
  return `${limits.join(', ')}; counted ${redisUrl === undefined ? 'by this process only' : 'in Redis, for all replicas'}`;
}

function trustedDocumentsOf({ trustedDocuments: { mode, path } }: Config): string {
  const which = `the shipped operations${path === undefined ? '' : ` and those in ${path}`}`;
  switch (mode) {
    case 'off':
      return 'off: every operation within the limits is run';
    case 'prefer':
      return `operations other than ${which} are logged`;
    case 'only':
      return `only ${which} are run`;
    default:
      return mode satisfies never;
  }
}
