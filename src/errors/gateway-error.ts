import type { FinerOutcome, TopLevelCode } from './error-codes.ts';

/**
 * The gateway itself refuses, before anything of the refused part was sent upstream. Leaves as a top-level error;
 * how it looks there is decided in `caller-facing.ts`.
 */
export abstract class GatewayError extends Error {
  abstract readonly code: TopLevelCode;
  /** The answer's status; undefined where other fields of the same answer may well have succeeded. */
  abstract readonly statusCode: number | undefined;
  /** When a repeat may succeed; undefined where none will. Also sent as `Retry-After`, in whole seconds. */
  readonly retryAfterMs: number | undefined = undefined;

  /** What metrics count it as, where that says more than the code. */
  readonly outcome: FinerOutcome | undefined = undefined;

  get retryable(): boolean {
    return this.retryAfterMs !== undefined;
  }
}

/** `Retry-After` takes whole seconds (RFC 9110, 10.2.3); rounded up, so that who obeys it is not refused again. */
export function retryAfterSeconds(retryAfterMs: number): string {
  return String(Math.ceil(retryAfterMs / 1000));
}
