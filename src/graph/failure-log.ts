import type { Logger } from 'pino';
import type { UpstreamCallError } from '../errors/upstream-call-error.ts';

/** Logs a failed call, at level `error` if only a configuration change can fix it. Paths have no values in them. */
export function logFailure(failure: UpstreamCallError, log: Logger): void {
  const { code, effect, problems, upstreamRequestId, operatorNote } = failure;
  const paths = problems.flatMap(({ path }) => (path === undefined ? [] : [path.join('.')]));
  const level = failure.operatorsMustAct ? 'error' : 'warn';
  log[level](
    { code, effect, paths: paths.length === 0 ? undefined : paths, upstreamRequestId, note: operatorNote },
    'customer evaluation failed',
  );
}
