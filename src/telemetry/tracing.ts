/*
 * The gateway's tracing interface. `open-telemetry.ts` implements it with the SDK, which is loaded only if a collector
 * is configured.
 */

export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** From the standard `OTEL_*` variables. */
export interface TracingSettings {
  /** The URL to post spans to, e.g. `http://collector:4318/v1/traces`. */
  readonly url: string;
  /** `name=value` pairs, comma separated, percent-encoded. */
  readonly headers: string;
  readonly timeoutMs: number;
  readonly sampler: (typeof samplers)[number];
  /** The share of traces that `traceidratio` keeps. */
  readonly samplerRatio: number;
  /** Undefined for the `service.name` in the attributes, or else the gateway's own name. */
  readonly serviceName: string | undefined;
  /** `name=value` pairs, comma separated, percent-encoded. */
  readonly resourceAttributes: string;
}

export interface TracingOptions extends TracingSettings {
  readonly version: string;
  /** Sent before the exporter's own `User-Agent`. */
  readonly userAgent: string;
  /** Scheme, host and port. */
  readonly upstreamUrl: string;
  /** `reason` is safe to log, such as `ECONNREFUSED`, `timeout` or `status 503`. */
  readonly onExport: (result: 'exported' | 'failed', spans: number, reason?: string) => void;
}

export interface Tracing {
  /** Starts the server span, within the trace that the headers name, if any. */
  requestStarted(request: TracedRequest): RequestTrace;
  /** Exports the remaining spans within a moment; never rejects. */
  close(): Promise<void>;
}

export interface TracedRequest {
  readonly method: string;
  readonly route: string;
  readonly scheme: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** One request's spans. */
export interface RequestTrace {
  /** The fields for each log line of the request. */
  readonly logFields: { readonly trace_id: string; readonly span_id: string };
  operationStarted(): void;
  operationEnded(operation: TracedOperation): void;
  /** `account` is a Stripe account, which is not personal data. */
  attemptStarted(
    method: string,
    pathTemplate: string,
    number: number,
    account: string | undefined,
  ): AttemptTrace;
  /** `closed` if the client was gone before the response. */
  requestEnded(status: number | 'closed'): void;
}

export interface TracedOperation {
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly outcome: string;
}

export interface AttemptTrace {
  ended(end: {
    readonly status: number | undefined;
    readonly error: string | undefined;
    readonly requestId: string | undefined;
  }): void;
}
