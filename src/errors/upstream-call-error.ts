/**
 * Every way in which a call can fail that a caller can act on: its name, whether repeating it can help,
 * and what to do. The single source for the payload's enum, its descriptions and the default messages.
 */
export const failureCodes = {
  BAD_USER_INPUT: {
    retryable: false,
    description: 'The gateway or Stripe refused a field. `path` names it: correct it and send again.',
    message: 'Stripe refused this value. Correct it and send again.',
  },
  NOT_FOUND: {
    retryable: false,
    description: 'Stripe has no object with this id, or not in this account. `path` names the field.',
    message:
      'Stripe has no object with this id. Check the id, and that it belongs to the same account and mode.',
  },
  IDEMPOTENCY_CONFLICT: {
    retryable: false,
    description: 'The idempotency key was used before with another input. Use a new key for a new call.',
    message:
      'This idempotency key was used before with another input. Use a new key, or send the first input.',
  },
  UPSTREAM_RATE_LIMITED: {
    retryable: true,
    description:
      'Stripe’s rate limit was hit, and retries did not help. Wait for `retryAfterMs`, then retry.',
    message: 'Stripe is limiting the rate of calls. Wait, then retry with the same idempotency key.',
  },
  UPSTREAM_TIMEOUT: {
    retryable: true,
    description: 'Stripe did not respond before the deadline. Retry with the payload’s `idempotencyKey`.',
    message: 'Stripe did not respond in time. Retry with the same idempotency key.',
  },
  UPSTREAM_UNAVAILABLE: {
    retryable: true,
    description: 'Stripe could not be reached or failed. Retry with the payload’s `idempotencyKey`.',
    message: 'Stripe is unavailable. Retry with the same idempotency key.',
  },
  UPSTREAM_REFUSED: {
    retryable: false,
    description:
      'Stripe refuses this gateway’s own key, account or version. Only its operators can fix that; the log tells them.',
    message:
      'Stripe refuses calls from this gateway as it is configured. Its operators can see why in the log.',
  },
  UPSTREAM_UNSUPPORTED: {
    retryable: false,
    description: 'The Stripe API version of this gateway does not support this call or parameter.',
    message: 'The Stripe API version of this gateway does not support this call or parameter.',
  },
  UPSTREAM_INVALID_RESPONSE: {
    retryable: true,
    description:
      'Stripe’s response did not match its API contract. Retry with the payload’s `idempotencyKey`.',
    message: 'Stripe’s response was invalid. Retry with the same idempotency key.',
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

  /** A field that can't be sent: nothing was. `rule` goes on from the field's name. */
  static ofField(code: FailureCode, path: readonly string[], rule: string): UpstreamCallError {
    return UpstreamCallError.ofFields(code, [path], rule);
  }

  /** Fields that can't be sent, all by one rule. */
  static ofFields(code: FailureCode, paths: readonly (readonly string[])[], rule: string): UpstreamCallError {
    const problems = paths.map((path) => ({ path, message: `${path.join('.')}: ${rule}` }));
    return new UpstreamCallError(code, { effect: 'NONE', problems });
  }

  /** The same failure, of the field at `path` where its problems name none. */
  at(path: readonly string[]): UpstreamCallError {
    const problems = this.problems.map((problem) => ({ path, ...problem }));
    return new UpstreamCallError(this.code, { ...this, problems });
  }

  /** The same failure, of a call whose effect is known better than its last attempt's. */
  withEffect(effect: Effect): UpstreamCallError {
    return new UpstreamCallError(this.code, { ...this, effect });
  }
}
