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
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { AttemptTrace, RequestTrace, TracedOperation, TracedRequest } from './tracing.ts';

// Not yet stable, so defined here instead of imported, as the package recommends.
const ATTR_GRAPHQL_OPERATION_NAME = 'graphql.operation.name';
const ATTR_GRAPHQL_OPERATION_TYPE = 'graphql.operation.type';
const ATTR_URL_TEMPLATE = 'url.template';
const ATTR_STRIPE_ACCOUNT = 'stripe.account';
const ATTR_UPSTREAM_REQUEST_ID = 'http.response.header.request-id';
const ATTR_OUTCOME = 'customer_evaluations.outcome';

const propagator = new W3CTraceContextPropagator();

const headerGetter: TextMapGetter<TracedRequest['headers']> = {
  get: (headers, name) => headers[name],
  keys: (headers) => Object.keys(headers),
};

/** The spans of one request. */
export class RequestSpans implements RequestTrace {
  readonly #tracer: Tracer;
  readonly #upstream: Attributes;
  readonly #server: Span;
  readonly #serverContext: Context;
  #operation: Span | undefined;
  #operationContext: Context;

  constructor(tracer: Tracer, upstream: Attributes, { method, route, scheme, headers }: TracedRequest) {
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

  operationEnded({ type, name, outcome }: TracedOperation): void {
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
      // By OpenTelemetry's conventions, a 4xx is not an error of the server's span.
      if (status >= 500) fail(this.#server, String(status));
    }
    this.#server.end();
  }
}

function fail(span: Span, type: string): void {
  span.setAttribute(ATTR_ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR });
}
