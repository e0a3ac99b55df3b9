import { customerEvaluationsPath } from '../stripe/customer-evaluation.wire.ts';

/**
 * The URL path of an evaluation; undefined for what cannot be an id. Encoding keeps it one segment, but `.` and
 * `..` mean something to URLs even so (RFC 3986, 5.2.4), and an unpaired surrogate has no encoding.
 */
export function pathOf(id: string): string | undefined {
  if (id === '' || id === '.' || id === '..' || id.length > 255 || !id.isWellFormed()) return undefined;
  return `${customerEvaluationsPath}/${encodeURIComponent(id)}`;
}
