import { randomUUID } from 'node:crypto';
import type { Attributes, Tracer } from '@opentelemetry/api';
import { ExportResultCode, parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import {
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import { failureReason } from '../errors/failure-reason.ts';
import { RequestSpans } from './request-spans.ts';
import type { RequestTrace, TracedRequest, Tracing, TracingOptions, TracingSettings } from './tracing.ts';

/*
 * Spans by OpenTelemetry's semantic conventions for HTTP and GraphQL. Parent spans are passed explicitly, so neither a
 * global provider nor a context manager is registered: two gateways in one process share nothing, and no async hooks
 * run.
 *
 * No span holds a document, a variable, an id of a person or evaluation, a client's address or user agent.
 */

// Not yet stable, so defined here instead of imported, as the package recommends.
const ATTR_INSTANCE_ID = 'service.instance.id';

/** At shutdown, spans that are not exported within this time are dropped: an exit waits for no collector. */
const closeWithinMs = 2_000;

/** Exports spans to the collector in batches. The queue is bounded; further spans are dropped. */
export class OpenTelemetry implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #upstream: Attributes;

  constructor(options: TracingOptions) {
    const { hostname, port, protocol } = new URL(options.upstreamUrl);
    this.#upstream = {
      [ATTR_SERVER_ADDRESS]: hostname,
      [ATTR_SERVER_PORT]: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    };
    this.#provider = new TracerProvider({
      sampler: samplerOf(options),
      resource: defaultResource().merge(
        resourceFromAttributes({
          [ATTR_SERVICE_VERSION]: options.version,
          [ATTR_INSTANCE_ID]: randomUUID(),
          [ATTR_SERVICE_NAME]: 'customer-evaluations-gateway',
          ...parseKeyPairsIntoRecord(options.resourceAttributes),
          // OpenTelemetry, "General SDK Configuration": OTEL_SERVICE_NAME takes precedence.
          ...(options.serviceName === undefined ? {} : { [ATTR_SERVICE_NAME]: options.serviceName }),
        }),
      ),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: createExporter(options), exportTimeoutMillis: options.timeoutMs }),
      ],
    });
    this.#tracer = this.#provider.getTracer('customer-evaluations-gateway', options.version);
  }

  requestStarted(request: TracedRequest): RequestTrace {
    return new RequestSpans(this.#tracer, this.#upstream, request);
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeWithinMs);
    });
    // A collector that is down must not make the shutdown fail.
    await Promise.race([this.#provider.shutdown().catch(() => undefined), enough]);
    clearTimeout(timer);
  }
}

function samplerOf({ sampler, samplerRatio }: TracingSettings): Sampler {
  switch (sampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(samplerRatio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplerRatio) });
  }
}

function createExporter({ url, headers, timeoutMs, userAgent, onExport }: TracingOptions): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url,
    headers: parseKeyPairsIntoRecord(headers),
    timeoutMillis: timeoutMs,
    userAgent,
  });
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.SUCCESS) onExport('exported', spans.length);
        else onExport('failed', spans.length, failureReason(result.error));
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
