import type { Logger } from 'pino';
import type { UpstreamCallError } from '../errors/upstream-call-error.ts';

// A report fails with the error of the retrieval before it, which the loader has logged. Callers that share a call also
// share its error, and each request logs it.
const loggedFor = new WeakMap<UpstreamCallError, Logger>();

/**
 * Logs a failed call, once for a request, at level `error` if only a configuration change can fix it. Paths have no
 * values in them.
 */
export function logFailure(failure: UpstreamCallError, log: Logger): void {
  if (loggedFor.get(failure) === log) return;
  loggedFor.set(failure, log);
  const { code, effect, problems, upstreamRequestId, operatorNote } = failure;
  const paths = problems.flatMap(({ path }) => (path === undefined ? [] : [path.join('.')]));
  const level = failure.operatorsMustAct ? 'error' : 'warn';
  log[level](
    { code, effect, paths: paths.length === 0 ? undefined : paths, upstreamRequestId, note: operatorNote },
    'customer evaluation failed',
  );
}
