/**
 * Every way in which a call can fail that a caller can act on: its name, whether repeating it can help,
 * and what to do. The single source for the payload's enum, its descriptions and the default messages.
 */
export const failureCodes = {
  BAD_USER_INPUT: {
    retryable: false,
    description: 'A field was refused, by us or by Stripe. `path` names it: correct it and send again.',
    message: 'Stripe refused this value. Correct it and send again.',
  },
  NOT_FOUND: {
    retryable: false,
    description: 'Stripe knows no object with this id, or not with this account. `path` names the field.',
    message:
      'Stripe knows no object with this id. Check it, and that it belongs to the same account and mode.',
  },
  IDEMPOTENCY_CONFLICT: {
    retryable: false,
    description: 'The idempotency key was used before with another input. Use a new key for a new call.',
    message:
      'This idempotency key was used before with another input. Use a new key, or repeat the first input.',
  },
  UPSTREAM_RATE_LIMITED: {
    retryable: true,
    description: 'Stripe’s rate limit, also after repeats. Wait for `retryAfterMs`, then repeat.',
    message: 'Stripe is limiting the rate of calls. Wait, then repeat with the same idempotency key.',
  },
  UPSTREAM_TIMEOUT: {
    retryable: true,
    description: 'No answer within the deadline. Repeat with the payload’s `idempotencyKey`.',
    message: 'Stripe did not answer in time. Repeat with the same idempotency key.',
  },
  UPSTREAM_UNAVAILABLE: {
    retryable: true,
    description: 'Stripe could not be reached or failed. Repeat with the payload’s `idempotencyKey`.',
    message: 'Stripe is not available. Repeat with the same idempotency key.',
  },
  UPSTREAM_REFUSED: {
    retryable: false,
    description:
      'Stripe refuses this gateway’s own key, account or version. Only its operators can mend that; they are told.',
    message: 'Stripe refuses calls from this gateway as it is configured. Its operators have been told.',
  },
  UPSTREAM_UNSUPPORTED: {
    retryable: false,
    description: 'The Stripe API version that this gateway is configured for has no such call or parameter.',
    message:
      'The Stripe API version that this gateway is configured for does not know this call or parameter.',
  },
  UPSTREAM_INVALID_RESPONSE: {
    retryable: true,
    description:
      'Stripe’s answer was not what its contract says. Repeat with the payload’s `idempotencyKey`.',
    message: 'Stripe’s answer could not be understood. Repeat with the same idempotency key.',
  },
} as const satisfies Record<string, { retryable: boolean; description: string; message: string }>;

export type FailureCode = keyof typeof failureCodes;

/** Whether anything may have happened upstream: `NONE` is a promise, `UNKNOWN` is not. */
export type Effect = 'NONE' | 'UNKNOWN';

/** One thing wrong with one field, told to the caller in our words and never quoting a value. */
export interface Problem {
  readonly message: string;
  /** The field as the client wrote it, e.g. `['input', 'evaluationContext', '0', 'clientDetails']`. */
  readonly path?: readonly string[];
}

export interface FailureDetails {
  readonly effect: Effect;
  /** What the caller reads; without any, the code's own message. */
  readonly problems?: readonly Problem[];
  /** The upstream's name for the refused parameter, in bracket form; the feature translates it to a path. */
  readonly param?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly upstreamRequestId?: string | undefined;
  /** For the log only: what an operator must know. Never holds input values, keys or upstream messages. */
  readonly operatorNote?: string | undefined;
  /** Nothing but a change to the configuration will mend it. */
  readonly operatorsMustAct?: boolean;
  /** Whether repeating the call can help, where it differs from what the code says. */
  readonly retryable?: boolean;
}

/** A call that failed in a way its caller can act on. Anything else that is thrown is a bug. */
export class UpstreamCallError extends Error {
  override readonly name = 'UpstreamCallError';
  readonly code: FailureCode;
  readonly effect: Effect;
  readonly problems: readonly Problem[];
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly upstreamRequestId: string | undefined;
  readonly operatorNote: string | undefined;
  readonly operatorsMustAct: boolean;
  readonly retryable: boolean;

  constructor(code: FailureCode, details: FailureDetails) {
    const problems = details.problems ?? [{ message: failureCodes[code].message }];
    super(problems.map((problem) => problem.message).join(' '));
    this.code = code;
    this.problems = problems;
    this.effect = details.effect;
    this.param = details.param;
    this.retryAfterMs = details.retryAfterMs;
    this.upstreamRequestId = details.upstreamRequestId;
    this.operatorNote = details.operatorNote;
    this.operatorsMustAct = details.operatorsMustAct ?? code === 'UPSTREAM_REFUSED';
    this.retryable = details.retryable ?? failureCodes[code].retryable;
  }

  /** The same failure, of a call whose effect is known better than its last attempt's. */
  withEffect(effect: Effect): UpstreamCallError {
    return new UpstreamCallError(this.code, { ...this, effect });
  }
}
