import type { Logger } from 'pino';
import type { Build, Metrics } from './metrics.ts';
import { type MetricsServer, serveMetrics } from './metrics-server.ts';
import type { MetricSources } from './scraped-metrics.ts';
import type { Tracing, TracingOptions, TracingSettings } from './tracing.ts';

export interface TelemetrySettings {
  /** Undefined if metrics are off; 0 picks a free port. */
  readonly metricsPort: number | undefined;
  /** Undefined if no collector is configured. */
  readonly tracing: TracingSettings | undefined;
  /** The Stripe accounts that metrics name; undefined if none. */
  readonly namedAccounts: readonly string[] | undefined;
}

export interface TelemetryOptions extends TelemetrySettings {
  readonly host: string;
  readonly responseTimeoutMs: number;
  /** The gateway's version. */
  readonly version: string;
  /** Scheme, host and port. */
  readonly upstreamUrl: string;
  readonly upstream: string;
  readonly upstreamVersion: string;
  /** The `User-Agent` for the collector. */
  readonly userAgent: string;
  readonly log: Logger;
}

/** Metrics and traces, each only if configured. */
export class Telemetry {
  readonly metrics: Metrics | undefined;
  readonly tracing: Tracing | undefined;
  readonly #options: TelemetryOptions;
  #server: MetricsServer | undefined;

  private constructor(options: TelemetryOptions, metrics: Metrics | undefined, tracing: Tracing | undefined) {
    this.#options = options;
    this.metrics = metrics;
    this.tracing = tracing;
  }

  static async start(options: TelemetryOptions): Promise<Telemetry> {
    const { version, upstream, upstreamUrl, upstreamVersion, userAgent, log } = options;
    const metrics =
      options.metricsPort === undefined
        ? undefined
        : await startMetrics({ version, upstream, upstreamVersion, accounts: options.namedAccounts });
    let collectorIsUp = true;
    const onExport = (result: 'exported' | 'failed', spans: number, reason?: string): void => {
      metrics?.spansExported(result, spans);
      const isUp = result === 'exported';
      if (isUp !== collectorIsUp) {
        if (isUp) log.info({ state: 'up' }, 'the collector of traces is up');
        else log.warn({ state: 'down', reason }, 'the collector of traces is down');
      }
      collectorIsUp = isUp;
    };
    const tracing =
      options.tracing === undefined
        ? undefined
        : await startTracing({ ...options.tracing, version, userAgent, upstreamUrl, onExport });
    return new Telemetry(options, metrics, tracing);
  }

  /** The circuit breaker opened or closed; `stripeAccount` is undefined for the configured account. */
  readonly breakerChanged = (state: 'open' | 'closed', stripeAccount?: string): void => {
    this.#options.log.warn({ state, stripeAccount }, `the circuit breaker to the upstream is ${state}`);
    if (state === 'open') this.metrics?.breakerOpened();
  };

  /** Serves the metrics, if they are on. Rejects if the port is unavailable. */
  async serve(sources: MetricSources): Promise<void> {
    const { host, metricsPort, responseTimeoutMs, log } = this.#options;
    if (this.metrics === undefined || metricsPort === undefined) return;
    this.metrics.readFrom(sources);
    this.#server = await serveMetrics(this.metrics, { host, port: metricsPort, responseTimeoutMs });
    log.info({ url: this.#server.url }, 'serving metrics');
  }

  /** Exports the remaining spans. */
  async close(): Promise<void> {
    await this.tracing?.close();
    await this.#server?.close();
  }
}

// Loaded only if it is used, like the tracing SDK: startup without it is faster.
async function startMetrics(build: Build): Promise<Metrics> {
  const { Metrics: PrometheusMetrics } = await import('./metrics.ts');
  return new PrometheusMetrics(build);
}

async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { OpenTelemetry } = await import('./open-telemetry.ts');
  return new OpenTelemetry(options);
}
