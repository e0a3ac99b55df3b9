import { isTlsCode, isUnreadableCode } from '../errors/transport-codes.ts';

/** Statuses that the upstream is known to return; others are counted by their class. */
const knownStatuses: ReadonlySet<number> = new Set([
  200, 400, 401, 402, 403, 404, 409, 424, 429, 500, 502, 503, 504,
]);

/**
 * The label for how an attempt ended: a status, or the reason why there is none. Statuses come from Stripe, and error
 * codes from Node, undici and OpenSSL, so both are grouped into a few classes.
 */
export function attemptResult(status: number | undefined, error: string | undefined): string {
  if (status !== undefined) {
    return knownStatuses.has(status) ? String(status) : `${Math.floor(status / 100)}xx`;
  }
  if (error === undefined) return 'other';
  if (error === 'BREAKER_OPEN') return 'breaker_open';
  if (error === 'AbortError') return 'timeout';
  if (/^(UND_ERR_CONNECT|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)/.test(error)) return 'no_connection';
  if (/^(ENOTFOUND|EAI_)/.test(error)) return 'no_name';
  if (/^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(error)) return 'reset';
  if (isTlsCode(error)) return 'tls';
  return isUnreadableCode(error) ? 'unreadable' : 'other';
}
