import { type FailureCode, failureCodes } from './error-codes.ts';

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
