import type { Config } from '../config/config.ts';
import type { Environment } from '../config/settings.ts';
import { shownCollector } from '../config/shown-values.ts';
import { unrecognizedVariables } from './unrecognized-variables.ts';

/** A problem that does not prevent startup. */
export interface StartupWarning {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The warnings that startup logs and `--check-config` prints. */
export function startupWarnings(config: Config, environment: Environment): StartupWarning[] {
  const settings = unrecognizedVariables(environment);
  return [
    ...(settings.length > 0
      ? [{ message: 'unrecognized settings, check the spelling', fields: { settings } }]
      : []),
    ...riskySettings(config),
    ...cutSettings(config, environment),
    ...doubledPath(config),
  ];
}

function riskySettings(config: Config): StartupWarning[] {
  const { upstream, stripe } = config;
  const warnings = [
    {
      applies: upstream === 'stripe' && stripe.secretKey.startsWith('sk_live_'),
      message: 'STRIPE_SECRET_KEY can do everything in its account: use a restricted key',
    },
    {
      applies: upstream === 'sandbox' && stripe.secretKey !== '',
      message: 'STRIPE_SECRET_KEY is used for pseudonyms only, because of UPSTREAM=sandbox',
    },
    {
      applies: !requires(config, 'x-caller-subject'),
      message:
        'a request without x-caller-subject has all rights and no rate limit: add it to ROUTER_REQUIRED_HEADERS, unless the router refuses requests without a token',
    },
    {
      applies: config.signalsVisibility === 'scoped' && !requires(config, 'x-caller-scopes'),
      message:
        'SIGNALS_VISIBILITY=scoped hides nothing from a caller without x-caller-scopes: add it to ROUTER_REQUIRED_HEADERS',
    },
    {
      applies: config.http.trustProxy.some((network) => network.endsWith('/0')),
      message:
        'TRUST_PROXY trusts every IPv4 or IPv6 address: callers can claim any address, so rate limits per address have no effect',
    },
  ];
  return warnings.filter(({ applies }) => applies).map(({ message }) => ({ message, fields: {} }));
}

/** Whether a router must send this header. True without a router. */
function requires({ authentication }: Config, header: string): boolean {
  return authentication.mode !== 'router' || authentication.requiredHeaders.includes(header);
}

// Only for settings that are set: lowering a default needs no warning.
function cutSettings({ deadlineMs, stripe }: Config, environment: Environment): StartupWarning[] {
  const limits = [
    ['UPSTREAM_TIMEOUT_MS', 'UPSTREAM_DEADLINE_MS', deadlineMs],
    ['SIGNALS_WAIT_MS', 'UPSTREAM_DEADLINE_MS', deadlineMs],
    ['UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT', 'UPSTREAM_MAX_CONCURRENCY', stripe.maxConcurrency],
  ] as const;
  return limits
    .filter(([setting, , effective]) => Number(environment[setting]) > effective)
    .map(([setting, limit, effective]) => ({
      message: `${setting} is above ${limit} and is reduced to it`,
      fields: { effective },
    }));
}

// Not refused: by OpenTelemetry's "OTLP Exporter Configuration" the path of a base URL is kept, whatever it is.
function doubledPath({ telemetry: { tracing } }: Config): StartupWarning[] {
  if (!tracing?.url.endsWith('/v1/traces/v1/traces')) return [];
  const message =
    'OTEL_EXPORTER_OTLP_ENDPOINT is a base URL, to which /v1/traces is added; a complete URL goes into OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  return [{ message, fields: { tracesTo: shownCollector(tracing.url) } }];
}
