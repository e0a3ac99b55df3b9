/** An operation of the upstream. Telemetry takes its names from here instead of inferring them from a method or URL. */
export interface UpstreamOperation {
  /** The label `call` of metrics and log lines. */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** The path with its variable parts in braces (OpenTelemetry's `url.template`): contains no client input. */
  readonly pathTemplate: string;
}

/** How an attempt ended, as plain data for observers. */
export interface AttemptEnd {
  /** The response's status; undefined without a whole response. */
  readonly status: number | undefined;
  /** Without a response: the error code of undici, Node or OpenSSL, or `BREAKER_OPEN`. */
  readonly error: string | undefined;
  /** Whether any byte of the request may have left. */
  readonly sent: boolean;
  readonly reusedConnection: boolean;
  /** Stripe's `Request-Id`; undefined if the header does not look like an id. */
  readonly requestId: string | undefined;
}

/** One attempt, as reported to the observer. */
interface WatchedAttempt {
  ended(end: AttemptEnd): void;
}

/**
 * Notified of each attempt made for a request. Called synchronously during every call: must not throw, wait, or do more
 * than record.
 */
export interface UpstreamObserver {
  /** An attempt starts; the first of a call is number 1. */
  attemptStarted(operation: UpstreamOperation, number: number): WatchedAttempt;
}

/** The current load on the upstream client. */
export interface UpstreamLoad {
  readonly inFlight: number;
  /** The maximum calls in flight. */
  readonly limit: number;
  /** Calls that wait for admission. */
  readonly waiting: number;
  readonly breaker: 'closed' | 'half_open' | 'open';
  /** How many more retries the budget allows now; with several accounts, the lowest of theirs. */
  readonly retriesLeft: number;
  /** Accounts with recent calls. */
  readonly accounts: number;
  /** The number of those accounts whose breaker is open. */
  readonly accountsDown: number;
}
