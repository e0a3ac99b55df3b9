import type { Logger } from 'pino';
import type { UpstreamCallError } from '../errors/upstream-call-error.ts';

/** Logs a failed call, at level `error` if only a configuration change can fix it. */
export function logFailure(failure: UpstreamCallError, log: Logger): void {
  const { code, effect, upstreamRequestId, operatorNote } = failure;
  const level = failure.operatorsMustAct ? 'error' : 'warn';
  log[level]({ code, effect, upstreamRequestId, note: operatorNote }, 'customer evaluation failed');
}
