import { type DetailedOutcome, type FailureCode, failureCodes } from './error-codes.ts';

/** Whether anything may have happened upstream: `NONE` guarantees that nothing did, `UNKNOWN` guarantees nothing. */
export type Effect = 'NONE' | 'UNKNOWN';

/** One problem with one field, described in our own words; never quotes a value. */
export interface Problem {
  readonly message: string;
  /** The field as the client wrote it, e.g. `['input', 'evaluationContext', '0', 'clientDetails']`. */
  readonly path?: readonly string[];
}

export interface FailureDetails {
  readonly effect: Effect;
  /** The messages for the caller; by default the code's own message. */
  readonly problems?: readonly Problem[];
  /** The upstream's name for the refused parameter, in bracket form; the feature translates it to a path. */
  readonly param?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly upstreamRequestId?: string | undefined;
  /** For the log only: what an operator must know. Never holds input values, keys or upstream messages. */
  readonly operatorNote?: string | undefined;
  /** Whether only a configuration change can fix it. */
  readonly operatorsMustAct?: boolean;
  /** Whether a retry can help, if that differs from the code's default. */
  readonly retryable?: boolean;
  /** The outcome in metrics and the log, if it says more than the code. */
  readonly outcome?: DetailedOutcome | undefined;
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
  readonly outcome: DetailedOutcome | undefined;

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
    this.outcome = details.outcome;
  }

  /** A field that can't be sent, so nothing was sent. `rule` follows the field's path in the message. */
  static ofField(
    code: FailureCode,
    path: readonly string[],
    rule: string,
    outcome?: DetailedOutcome,
  ): UpstreamCallError {
    return UpstreamCallError.ofFields(code, [path], rule, outcome);
  }

  /** Fields that can't be sent, all for the same reason. */
  static ofFields(
    code: FailureCode,
    paths: readonly (readonly string[])[],
    rule: string,
    outcome?: DetailedOutcome,
  ): UpstreamCallError {
    const problems = paths.map((path) => ({ path, message: `${path.join('.')}: ${rule}` }));
    return new UpstreamCallError(code, { effect: 'NONE', problems, outcome });
  }

  /** The same failure, with `path` for those of its problems that have none. */
  at(path: readonly string[]): UpstreamCallError {
    const problems = this.problems.map((problem) => ({ path, ...problem }));
    return new UpstreamCallError(this.code, { ...this, problems });
  }

  /** The same failure with the effect of the whole call, which may differ from its last attempt's. */
  withEffect(effect: Effect): UpstreamCallError {
    return new UpstreamCallError(this.code, { ...this, effect });
  }
}
