import type { Logger } from 'pino';
import type { Metrics, OperationPath } from './metrics.ts';
import { type Outcome, outcomeOf } from './outcomes.ts';
import type { AttemptTrace, RequestTrace } from './tracing.ts';

/** How an attempt at the upstream ended. */
interface AttemptEnd {
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly sent: boolean;
  readonly reusedConnection: boolean;
  /** Validated to look like an id. */
  readonly requestId: string | undefined;
}

/** An operation of the upstream; its names are from a fixed set. */
interface UpstreamOperation {
  readonly name: string;
  readonly method: string;
  readonly pathTemplate: string;
}

/** An operation that was run. */
export interface EndedOperation {
  readonly type: string | undefined;
  /** The client's name for it, truncated; for log and traces only. */
  readonly name: string | undefined;
  readonly documentHash: string | undefined;
  /** From a fixed set. */
  readonly label: string;
  /** The code of the response's first error, if it has one. */
  readonly code: unknown;
}

/** The maximum number of upstream request ids in a log line. */
const maxIds = 10;

/**
 * Collects what happened to a request and reports it once, on completion, to metrics, traces and the log. It also
 * observes the upstream attempts. Holds no input, no results and no caller's name.
 */
export class RequestRecord {
  readonly #startedAt: number;
  readonly #metrics: Metrics | undefined;
  readonly #trace: RequestTrace | undefined;
  #failure: Outcome | undefined;
  #operation: 'none' | 'running' | EndedOperation | 'recorded' = 'none';
  #attempts = 0;
  #upstreamMs = 0;
  #upstreamRequestIds: string[] | undefined;
  /** The request's own log, once it has one. */
  log: Logger | undefined;
  /** The Stripe account of its calls; undefined for the configured one. */
  account: string | undefined;

  /** `startedAt` is by `performance.now()`. */
  constructor(
    metrics: Metrics | undefined,
    trace: RequestTrace | undefined,
    startedAt: number = performance.now(),
  ) {
    this.#startedAt = startedAt;
    this.#metrics = metrics;
    this.#trace = trace;
    metrics?.requestStarted();
  }

  /** The log fields that link log lines to the trace; undefined without tracing. */
  get logFields(): RequestTrace['logFields'] | undefined {
    return this.#trace?.logFields;
  }

  /** A mutation's payload has errors, or the request itself was refused. Only the first call counts. */
  failed(code: string): void {
    this.#failure ??= outcomeOf(code);
  }

  /** Called by a plan, and again if Apollo Server takes over from it; only the first call counts. */
  operationStarted(): void {
    if (this.#operation === 'running') return;
    this.#operation = 'running';
    this.#trace?.operationStarted();
  }

  /** Whether a plan or Apollo Server ran the operation: see docs/telemetry.md. */
  operationRan(path: OperationPath): void {
    this.#metrics?.operationRan(path);
  }

  /** The operation was run. `responseReady` follows. */
  operationEnded(operation: EndedOperation): void {
    this.#operation = operation;
  }

  /**
   * The response to the operation is ready to be sent, or replaced by an error with the code `replacedBy`. Writes one
   * log line and counts the operation. Does nothing if no operation was run.
   */
  responseReady(replacedBy?: string): void {
    if (typeof this.#operation === 'string') return;
    const { type, name, documentHash, label, code } = this.#operation;
    this.#operation = 'recorded';
    const seen = replacedBy ?? code;
    const outcome = seen === undefined ? (this.#failure ?? 'OK') : outcomeOf(seen);
    const durationMs = performance.now() - this.#startedAt;
    this.#metrics?.operationEnded(label, outcome, durationMs / 1000);
    this.#trace?.operationEnded({ type, name, outcome });
    this.log?.info(
      {
        operation: type,
        operationName: name,
        documentHash,
        outcome,
        durationMs: rounded(durationMs),
        upstreamMs: this.#attempts === 0 ? undefined : rounded(this.#upstreamMs),
        attempts: this.#attempts,
        upstreamRequestIds: this.#upstreamRequestIds,
      },
      'operation',
    );
  }

  attemptStarted(operation: UpstreamOperation, number: number): { ended(end: AttemptEnd): void } {
    const { name, method, pathTemplate } = operation;
    this.#attempts += 1;
    if (number > 1) this.#metrics?.retryStarted(name);
    const trace = this.#trace?.attemptStarted(method, pathTemplate, number, this.account);
    return new Attempt(this, name, number, trace);
  }

  /** An attempt at `call` ended. */
  attemptEnded(call: string, number: number, durationMs: number, end: AttemptEnd): void {
    this.#upstreamMs += durationMs;
    this.#metrics?.attemptEnded(call, end, durationMs / 1000, this.account);
    const { status, error, sent, reusedConnection, requestId } = end;
    if (requestId !== undefined && (this.#upstreamRequestIds?.length ?? 0) < maxIds) {
      this.#upstreamRequestIds ??= [];
      this.#upstreamRequestIds.push(requestId);
    }
    if (this.log?.isLevelEnabled('debug') !== true) return;
    this.log.debug(
      {
        call,
        attempt: number,
        status,
        error,
        sent,
        reusedConnection,
        durationMs: rounded(durationMs),
        upstreamRequestId: requestId,
      },
      'attempt',
    );
  }

  /** The response has been sent, or the client is gone. `route` is undefined for an unknown path. */
  requestEnded(route: string | undefined, method: string, status: number | 'closed'): void {
    this.#metrics?.requestEnded(route ?? 'none', method, status);
    // A no-op unless the handler failed.
    this.responseReady();
    this.#trace?.requestEnded(status);
    if (route !== '/graphql' || method === 'OPTIONS' || this.#operation === 'recorded') return;
    // The operation continues after a client disconnect, and is reported when it ends.
    if (status === 'closed' && this.#operation === 'running') return;
    // A page for browsers, or a request without an operation.
    if (this.#failure === undefined && status !== 'closed' && status < 400) return;
    const outcome = this.#failure ?? outcomeOfStatus(status);
    const durationMs = performance.now() - this.#startedAt;
    this.#metrics?.operationEnded('none', outcome, durationMs / 1000);
    // The other outcomes have their own log lines, or are too frequent to log.
    if (outcome === 'BAD_REQUEST' || outcome === 'REQUEST_TIMEOUT') {
      this.log?.info({ outcome, status, durationMs: rounded(durationMs) }, 'request refused');
    }
  }
}

class Attempt {
  readonly #startedAt = performance.now();
  readonly #record: RequestRecord;
  readonly #call: string;
  readonly #number: number;
  readonly #trace: AttemptTrace | undefined;

  constructor(record: RequestRecord, call: string, number: number, trace: AttemptTrace | undefined) {
    this.#record = record;
    this.#call = call;
    this.#number = number;
    this.#trace = trace;
  }

  ended(end: AttemptEnd): void {
    const durationMs = performance.now() - this.#startedAt;
    this.#record.attemptEnded(this.#call, this.#number, durationMs, end);
    this.#trace?.ended(end);
  }
}

function outcomeOfStatus(status: number | 'closed'): Outcome {
  if (status === 'closed') return 'CLIENT_CLOSED';
  return status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
