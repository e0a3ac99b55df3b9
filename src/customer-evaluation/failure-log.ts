import type { Logger } from 'pino';
import type { Failure } from '../errors/failure.ts';

/** Logs a failed call. Only a refusal of our own key, account or version is for operators to mend. */
export function logFailure(failure: Failure, log: Logger): void {
  const { code, effect, upstreamRequestId, operatorNote } = failure;
  const level = code === 'UPSTREAM_REFUSED' ? 'error' : 'warn';
  log[level]({ code, effect, upstreamRequestId, note: operatorNote }, 'customer evaluation failed');
}
