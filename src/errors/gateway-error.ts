import type { DetailedOutcome, TopLevelCode } from './error-codes.ts';

/**
 * A refusal by the gateway itself, before it sent anything upstream for the refused field or request. Clients get it as
 * a top-level error; `graph/errors-plugin.ts` decides its format.
 */
export abstract class GatewayError extends Error {
  abstract readonly code: TopLevelCode;
  /** The response's status; undefined if other fields of the same response may have succeeded. */
  abstract readonly statusCode: number | undefined;
  /** When a retry may succeed; undefined if none will. Also sent as `Retry-After`, in whole seconds. */
  readonly retryAfterMs: number | undefined = undefined;

  /** The outcome in metrics, if that says more than the code. */
  readonly outcome: DetailedOutcome | undefined = undefined;

  get retryable(): boolean {
    return this.retryAfterMs !== undefined;
  }
}

/**
 * `Retry-After` is in whole seconds (RFC 9110, 10.2.3); rounded up, so that a client that obeys it is not refused
 * again.
 */
export function retryAfterSeconds(retryAfterMs: number): string {
  return String(Math.ceil(retryAfterMs / 1000));
}
