import type { Logger } from 'pino';
import type { Failure } from '../errors/failure.ts';

/** Logs a failed call, as an error where only a change to the configuration will mend it. */
export function logFailure(failure: Failure, log: Logger): void {
  const { code, effect, upstreamRequestId, operatorNote } = failure;
  const level = failure.operatorsMustAct ? 'error' : 'warn';
  log[level]({ code, effect, upstreamRequestId, note: operatorNote }, 'customer evaluation failed');
}
