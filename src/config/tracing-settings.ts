import type { TracingSettings } from '../telemetry/tracing.ts';
import type { Environment, Settings } from './settings.ts';

/**
 * Platforms set the standard variables for all services, so an invalid one that is not used must not prevent startup.
 */
export function withoutUnusedTracing(set: Environment): Environment {
  const endpoint = set['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? set['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const isOff =
    endpoint === undefined ||
    set['OTEL_TRACES_EXPORTER'] === 'none' ||
    set['OTEL_SDK_DISABLED']?.toLowerCase() === 'true';
  const isRead = (name: string): boolean => {
    if (!name.startsWith('OTEL_')) return true;
    if (isOff) return false;
    if (name === 'OTEL_TRACES_SAMPLER_ARG')
      return (set['OTEL_TRACES_SAMPLER'] ?? '').endsWith('traceidratio');
    // A variable for traces overrides the general one (OpenTelemetry, "OTLP Exporter Configuration").
    const [, own] = /^OTEL_EXPORTER_OTLP_(\w+)$/.exec(name) ?? [];
    return own === undefined || set[`OTEL_EXPORTER_OTLP_TRACES_${own}`] === undefined;
  };
  return Object.fromEntries(Object.entries(set).filter(([name]) => isRead(name)));
}

/** Undefined if no collector is set, or traces are switched off. */
export function tracingOf(values: Settings): TracingSettings | undefined {
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && tracesBelow(base));
  if (url === undefined) return undefined;
  return {
    url,
    headers: values.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? values.OTEL_EXPORTER_OTLP_HEADERS ?? '',
    timeoutMs: values.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? values.OTEL_EXPORTER_OTLP_TIMEOUT ?? 10_000,
    sampler: values.OTEL_TRACES_SAMPLER,
    samplerRatio: values.OTEL_TRACES_SAMPLER_ARG,
    serviceName: values.OTEL_SERVICE_NAME,
    resourceAttributes: values.OTEL_RESOURCE_ATTRIBUTES,
  };
}

// The general endpoint is the base URL for traces (OpenTelemetry, "OTLP Exporter Configuration").
function tracesBelow(base: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}
