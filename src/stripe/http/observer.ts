/** An operation of the upstream. Telemetry takes its names from here: nobody infers them from a method or URL. */
export interface UpstreamOperation {
  /** The label `call` of metrics and log lines. */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** The path with its variable parts in braces (OpenTelemetry's `url.template`): holds no client's text. */
  readonly pathTemplate: string;
}

/** How an attempt ended: plain data, for whoever watches. */
export interface AttemptEnd {
  /** The answer's status; undefined where no whole answer came. */
  readonly status: number | undefined;
  /** Where none came: undici's, Node's or OpenSSL's word for it, or `BREAKER_OPEN`. */
  readonly error: string | undefined;
  /** Whether any byte of the request may have left. */
  readonly sent: boolean;
  readonly reusedConnection: boolean;
  /** Stripe's `Request-Id`; undefined where the header does not look like an id. */
  readonly requestId: string | undefined;
}

/** One attempt, as reported to the observer. */
interface WatchedAttempt {
  ended(end: AttemptEnd): void;
}

/**
 * Told of each attempt that is made on behalf of a request. Called on the way of every call: must not throw, wait,
 * or do more than note.
 */
export interface UpstreamObserver {
  /** An attempt begins, the first of a call being number 1. */
  attemptStarted(operation: UpstreamOperation, number: number): WatchedAttempt;
}

/** How busy the way to the upstream is, now. */
export interface UpstreamLoad {
  readonly inFlight: number;
  /** Calls that may be in flight at most. */
  readonly limit: number;
  /** Calls that wait to be let in. */
  readonly waiting: number;
  readonly breaker: 'closed' | 'half_open' | 'open';
  /** How many more retries the budget allows at this moment; of several accounts, the one that has the fewest. */
  readonly retriesLeft: number;
  /** Accounts that calls were made for lately. */
  readonly accounts: number;
  /** Of those, the ones whose breaker is open. */
  readonly accountsDown: number;
}
