import { randomUUID } from 'node:crypto';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode, parseKeyPairsIntoRecord, W3CTraceContextPropagator } from '@opentelemetry/core';
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
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import { failureReason } from '../errors/failure-reason.ts';
import type {
  AttemptTrace,
  OperationFacts,
  RequestFacts,
  RequestTrace,
  Tracing,
  TracingOptions,
  TracingSettings,
} from './tracing.ts';

/*
 * Spans by OpenTelemetry's semantic conventions for HTTP and GraphQL. Parents are handed on by hand, so neither a
 * global provider nor a context manager is registered: two gateways in one process have nothing in common, and no
 * asynchronous hook runs.
 *
 * No span holds a document, a variable, an id of a person or evaluation, a client's address or user agent.
 */

// Not yet stable, so spelled here and not imported, as the package asks.
const ATTR_GRAPHQL_OPERATION_NAME = 'graphql.operation.name';
const ATTR_GRAPHQL_OPERATION_TYPE = 'graphql.operation.type';
const ATTR_URL_TEMPLATE = 'url.template';
const ATTR_STRIPE_ACCOUNT = 'stripe.account';
const ATTR_UPSTREAM_REQUEST_ID = 'http.response.header.request-id';
const ATTR_OUTCOME = 'customer_evaluations.outcome';
const ATTR_INSTANCE_ID = 'service.instance.id';

/** What is left at the end is handed out within this, or not at all: an exit waits for no collector. */
const closeWithinMs = 2_000;

const propagator = new W3CTraceContextPropagator();

const headerGetter: TextMapGetter<RequestFacts['headers']> = {
  get: (headers, name) => headers[name],
  keys: (headers) => Object.keys(headers),
};

/** Spans, handed in batches to the collector; the queue is bounded, and what is more is dropped. */
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
          // OpenTelemetry, "General SDK Configuration": OTEL_SERVICE_NAME comes before OTEL_RESOURCE_ATTRIBUTES.
          ...(options.serviceName === undefined ? {} : { [ATTR_SERVICE_NAME]: options.serviceName }),
        }),
      ),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: createExporter(options), exportTimeoutMillis: options.timeoutMs }),
      ],
    });
    this.#tracer = this.#provider.getTracer('customer-evaluations-gateway', options.version);
  }

  requestStarted(request: RequestFacts): RequestTrace {
    return new Trace(this.#tracer, this.#upstream, request);
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeWithinMs);
    });
    // A collector that is down is no fault of whoever ends the process.
    await Promise.race([this.#provider.shutdown().catch(() => undefined), enough]);
    clearTimeout(timer);
  }
}

class Trace implements RequestTrace {
  readonly #tracer: Tracer;
  readonly #upstream: Attributes;
  readonly #server: Span;
  readonly #serverContext: Context;
  #operation: Span | undefined;
  #operationContext: Context;

  constructor(tracer: Tracer, upstream: Attributes, { method, route, scheme, headers }: RequestFacts) {
    this.#tracer = tracer;
    this.#upstream = upstream;
    const incoming = propagator.extract(ROOT_CONTEXT, headers, headerGetter);
    const attributes = {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_HTTP_ROUTE]: route,
      [ATTR_URL_PATH]: route,
      [ATTR_URL_SCHEME]: scheme,
    };
    this.#server = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, incoming);
    this.#serverContext = trace.setSpan(incoming, this.#server);
    this.#operationContext = this.#serverContext;
  }

  get logFields(): RequestTrace['logFields'] {
    const { traceId, spanId } = this.#server.spanContext();
    return { trace_id: traceId, span_id: spanId };
  }

  operationStarted(): void {
    this.#operation = this.#tracer.startSpan('operation', { kind: SpanKind.INTERNAL }, this.#serverContext);
    this.#operationContext = trace.setSpan(this.#serverContext, this.#operation);
  }

  operationEnded({ type, name, outcome }: OperationFacts): void {
    const span = this.#operation;
    if (span === undefined) return;
    if (type !== undefined) span.updateName(type).setAttribute(ATTR_GRAPHQL_OPERATION_TYPE, type);
    if (name !== undefined) span.setAttribute(ATTR_GRAPHQL_OPERATION_NAME, name);
    span.setAttribute(ATTR_OUTCOME, outcome);
    if (outcome !== 'OK') fail(span, outcome);
    span.end();
  }

  attemptStarted(
    method: string,
    pathTemplate: string,
    number: number,
    account: string | undefined,
  ): AttemptTrace {
    const attributes = {
      ...this.#upstream,
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_URL_TEMPLATE]: pathTemplate,
      ...(account === undefined ? {} : { [ATTR_STRIPE_ACCOUNT]: account }),
      ...(number > 1 ? { [ATTR_HTTP_REQUEST_RESEND_COUNT]: number - 1 } : {}),
    };
    const span = this.#tracer.startSpan(
      `${method} ${pathTemplate}`,
      { kind: SpanKind.CLIENT, attributes },
      this.#operationContext,
    );
    return {
      ended({ status, error, requestId }) {
        if (status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
        if (requestId !== undefined) span.setAttribute(ATTR_UPSTREAM_REQUEST_ID, [requestId]);
        if (status === undefined) fail(span, error ?? '_OTHER');
        else if (status >= 400) fail(span, String(status));
        span.end();
      },
    };
  }

  requestEnded(status: number | 'closed'): void {
    if (status === 'closed') fail(this.#server, 'closed');
    else {
      this.#server.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
      // Of a server's span, what the client did wrong is no error.
      if (status >= 500) fail(this.#server, String(status));
    }
    this.#server.end();
  }
}

function fail(span: Span, type: string): void {
  span.setAttribute(ATTR_ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR });
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
