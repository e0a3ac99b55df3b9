/*
 * What the rest of the gateway knows of traces. The SDK stands behind it in `open-telemetry.ts`, and is loaded only
 * where a collector is configured.
 */

export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** As the standard `OTEL_*` variables say. */
export interface TracingSettings {
  /** Where spans are posted, e.g. `http://collector:4318/v1/traces`. */
  readonly url: string;
  /** `name=value` pairs, comma separated, percent-encoded. */
  readonly headers: string;
  readonly timeoutMs: number;
  readonly sampler: (typeof samplers)[number];
  /** The share of traces that `traceidratio` keeps. */
  readonly samplerRatio: number;
  /** Undefined: `service.name` of the attributes, or the gateway's own. */
  readonly serviceName: string | undefined;
  /** `name=value` pairs, comma separated, percent-encoded. */
  readonly resourceAttributes: string;
}

export interface TracingOptions extends TracingSettings {
  readonly version: string;
  /** Sent before the exporter's own. */
  readonly userAgent: string;
  /** Scheme, host and port. */
  readonly upstreamUrl: string;
  /** `reason` is one safe word, such as `ECONNREFUSED`, `timeout` or `status 503`. */
  readonly onExport: (result: 'exported' | 'failed', spans: number, reason?: string) => void;
}

export interface Tracing {
  /** Begins the server's span, as part of the trace that the headers name, if they do. */
  requestStarted(request: RequestFacts): RequestTrace;
  /** Hands out what is left, within a moment; never rejects. */
  close(): Promise<void>;
}

export interface RequestFacts {
  readonly method: string;
  readonly route: string;
  readonly scheme: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** One request's spans. */
export interface RequestTrace {
  /** For each log line of the request. */
  readonly logFields: { readonly trace_id: string; readonly span_id: string };
  operationStarted(): void;
  operationEnded(operation: OperationFacts): void;
  /** `account` is a Stripe account, which is no personal data. */
  attemptStarted(
    method: string,
    pathTemplate: string,
    number: number,
    account: string | undefined,
  ): AttemptTrace;
  /** `closed` where the client was gone before the answer. */
  requestEnded(status: number | 'closed'): void;
}

export interface OperationFacts {
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
