/** Where to look first: at who sent the request, at this gateway and its settings, or at the upstream. */
export type Fault = 'none' | 'client' | 'gateway' | 'upstream';

/**
 * Every way in which a request can end, with whose fault it is. The names are the error codes that callers see; a
 * name that is not here is counted as `OTHER`, so that nothing that a stranger sends becomes a label.
 */
export const outcomes: Readonly<Record<string, Fault>> = {
  OK: 'none',
  BAD_REQUEST: 'client',
  BAD_USER_INPUT: 'client',
  NOT_FOUND: 'client',
  IDEMPOTENCY_CONFLICT: 'client',
  UNAUTHENTICATED: 'client',
  FORBIDDEN: 'client',
  RATE_LIMITED: 'client',
  // Did not arrive in time: its sender or the network is slow.
  REQUEST_TIMEOUT: 'client',
  GRAPHQL_PARSE_FAILED: 'client',
  GRAPHQL_VALIDATION_FAILED: 'client',
  OPERATION_RESOLUTION_FAILURE: 'client',
  PERSISTED_QUERY_NOT_FOUND: 'client',
  PERSISTED_QUERY_NOT_SUPPORTED: 'client',
  PERSISTED_QUERY_NOT_IN_LIST: 'client',
  PERSISTED_QUERY_HASH_MISMATCH: 'client',
  QUERY_NOT_IN_SAFELIST: 'client',
  // Went away before an answer could be written.
  CLIENT_CLOSED: 'client',
  OVERLOADED: 'gateway',
  // Refused by a replica that is shutting down.
  DRAINING: 'gateway',
  IDENTITY_UNAVAILABLE: 'gateway',
  INTERNAL_SERVER_ERROR: 'gateway',
  // Our key, account or version: only a change to the settings mends them.
  UPSTREAM_REFUSED: 'gateway',
  UPSTREAM_UNSUPPORTED: 'gateway',
  UPSTREAM_RATE_LIMITED: 'upstream',
  UPSTREAM_TIMEOUT: 'upstream',
  UPSTREAM_UNAVAILABLE: 'upstream',
  UPSTREAM_INVALID_RESPONSE: 'upstream',
  OTHER: 'gateway',
};

/** The outcome under this code, or `OTHER`. */
export function outcomeOf(code: unknown): string {
  return typeof code === 'string' && Object.hasOwn(outcomes, code) ? code : 'OTHER';
}

/** The outcome of a request that an error ended before GraphQL began. */
export function outcomeOfRefusal(error: {
  code?: unknown;
  outcome?: unknown;
  statusCode?: number | undefined;
}): string {
  const { code, outcome, statusCode = 500 } = error;
  if (outcomeOf(outcome) !== 'OTHER') return String(outcome);
  // Nobody's token can be judged while the issuer's keys can't be had: none of the client's doing.
  if (code === 'UNAUTHENTICATED' && statusCode >= 500) return 'IDENTITY_UNAVAILABLE';
  if (outcomeOf(code) !== 'OTHER') return String(code);
  return statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
}
