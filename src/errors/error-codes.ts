/*
 * Every error code that a caller can see. Types, metrics and the reference in the docs are derived from these tables,
 * and the compiler reports a code that is missing from one of them.
 */

/** Where to look first: at the sender of the request, at this gateway and its settings, or at the upstream. */
export type Fault = 'client' | 'gateway' | 'upstream';

const underSameKey = ' with the same idempotency key';

/** A message for the caller of a query, which has no idempotency key. */
export const withoutKey = (message: string): string => message.replace(underSameKey, '');

/**
 * The codes of a payload's `errors`: every way in which a call can fail that its caller can act on. The single source
 * for the enum of the schema, its descriptions and the default messages.
 */
export const failureCodes = {
  BAD_USER_INPUT: {
    fault: 'client',
    retryable: false,
    description:
      'The gateway or Stripe refused a field. Correct it and send again. `path` names it, if known.',
    message: 'Stripe refused this value. Correct it and send again.',
  },
  NOT_FOUND: {
    fault: 'client',
    retryable: false,
    description:
      'Stripe has no object with this id, or not in this account. `path` names the field, if known.',
    message:
      'Stripe has no object with this id. Check the id, and that it belongs to the same account and mode.',
  },
  IDEMPOTENCY_CONFLICT: {
    fault: 'client',
    retryable: false,
    description: 'The idempotency key was used before with another input. Use a new key for a new call.',
    message:
      'This idempotency key was used before with another input. Use a new key, or send the first input.',
  },
  UPSTREAM_RATE_LIMITED: {
    fault: 'upstream',
    retryable: true,
    description:
      'Stripe’s rate limit, or the gateway’s own, was reached. Wait for `retryAfterMs`, then retry.',
    message: `Stripe is limiting the rate of calls. Wait, then retry${underSameKey}.`,
  },
  UPSTREAM_TIMEOUT: {
    fault: 'upstream',
    retryable: true,
    description: 'Stripe did not respond before the deadline. Retry with the payload’s `idempotencyKey`.',
    message: `Stripe did not respond in time. Retry${underSameKey}.`,
  },
  UPSTREAM_UNAVAILABLE: {
    fault: 'upstream',
    retryable: true,
    description: 'Stripe could not be reached or failed. Retry with the payload’s `idempotencyKey`.',
    message: `Stripe is unavailable. Retry${underSameKey}.`,
  },
  UPSTREAM_REFUSED: {
    // Stripe refuses our key, account or version: only a settings change fixes that.
    fault: 'gateway',
    retryable: false,
    description:
      'Stripe refuses this gateway’s own key, account or version. Only its operators can fix that; the log tells them.',
    message:
      'Stripe refuses calls from this gateway as it is configured. Its operators can see why in the log.',
  },
  UPSTREAM_UNSUPPORTED: {
    fault: 'gateway',
    retryable: false,
    description:
      'The Stripe API of this gateway, its version or this account’s access does not support this call or field.',
    message: 'The Stripe API version of this gateway does not support this call or parameter.',
  },
  UPSTREAM_INVALID_RESPONSE: {
    fault: 'upstream',
    retryable: true,
    description:
      'Stripe’s response did not match its API contract. Retry with the payload’s `idempotencyKey`.',
    message: `Stripe’s response was invalid. Retry${underSameKey}.`,
  },
} as const satisfies Record<
  string,
  { fault: Fault; retryable: boolean; description: string; message: string }
>;

export type FailureCode = keyof typeof failureCodes;

/** The codes that only a top-level error has, and whose fault each is. */
export const topLevelCodes = {
  BAD_REQUEST: 'client',
  UNAUTHENTICATED: 'client',
  FORBIDDEN: 'client',
  RATE_LIMITED: 'client',
  // The request did not arrive in time: its sender or the network is slow.
  REQUEST_TIMEOUT: 'client',
  OVERLOADED: 'gateway',
  INTERNAL_SERVER_ERROR: 'gateway',
  // Apollo Server's names, which clients know.
  GRAPHQL_PARSE_FAILED: 'client',
  GRAPHQL_VALIDATION_FAILED: 'client',
  OPERATION_RESOLUTION_FAILURE: 'client',
  PERSISTED_QUERY_NOT_FOUND: 'client',
  PERSISTED_QUERY_NOT_SUPPORTED: 'client',
  PERSISTED_QUERY_HASH_MISMATCH: 'client',
  // Apollo Router's names.
  PERSISTED_QUERY_NOT_IN_LIST: 'client',
  QUERY_NOT_IN_SAFELIST: 'client',
} as const satisfies Record<string, Fault>;

export type TopLevelCode = keyof typeof topLevelCodes;

/** Outcomes in metrics and the log that say more than the error's code, and whose fault each is. */
export const detailedOutcomes = {
  // `OVERLOADED`: the replica is shutting down.
  DRAINING: 'gateway',
  // `UNAUTHENTICATED`: credentials could not be checked, because the issuer's keys are unavailable.
  IDENTITY_UNAVAILABLE: 'gateway',
  // `UPSTREAM_UNSUPPORTED`: a report of a failed login or registration that was no decision, such as a wrong password.
  NOT_A_DECISION: 'client',
} as const satisfies Record<string, Fault>;

export type DetailedOutcome = keyof typeof detailedOutcomes;

/** Any code that a caller can see. */
export type ErrorCode = FailureCode | TopLevelCode;
