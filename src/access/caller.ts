import { createHmac, hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { CustomerBinding } from './scopes.ts';

/** The caller and its rights. */
export interface Caller {
  /**
   * Unique per issuer and subject, and the same whether a token or a router names the subject. The scope of the caller's
   * idempotency keys, and its key in fair queues. An unkeyed hash: it must survive the rotation of keys, or a retry
   * would become a second call. So it is never logged; its pseudonym is.
   */
  readonly id: string;
  /** Whether `id` distinguishes this caller from others. False for callers without credentials, who share one id. */
  readonly isNamed: boolean;
  readonly scopes: ReadonlySet<string> | 'all';
  readonly customer: CustomerBinding;
  /** The Stripe account or context path of the caller's calls, if the caller names one. */
  readonly account?: string | undefined;
}

/** The anonymous caller of `AUTH_MODE=none`. */
export const anonymous: Caller = {
  id: 'anonymous',
  isNamed: false,
  scopes: 'all',
  customer: { kind: 'any' },
};

/** A caller's id, from the names that identify it. JSON of an array is injective, so no two callers share an id. */
export function callerId(...names: readonly (string | undefined)[]): string {
  return hash('sha256', JSON.stringify(names), 'base64url');
}

/**
 * The id of an issuer's subject: the same for a token and for a router that vouches for the subject, so that a retry
 * by the other path is not a second call. The prefix `jwt` must stay: ids in use contain it.
 */
export function subjectId(issuer: string, subject: string): string {
  return callerId('jwt', issuer, subject);
}

/** Whether a value can be a name. A blank one would be the same for several people. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** The name of a caller or address where others can read it, as in logs and shared counters. */
export type Pseudonymize = (name: string) => string;

const maxPseudonyms = 10_000;
const maxPseudonymAgeMs = 60_000;

/**
 * A keyed hash: without the key, nobody can find an address by hashing all addresses. Recent ones are cached, since
 * each call of a caller needs the same one.
 */
export function pseudonymizer(key: string): Pseudonymize {
  // Derived, since the key may have another use as well.
  const derived = createHmac('sha256', key).update('pseudonyms of callers').digest();
  const pseudonyms = new LRUCache<string, string>({
    max: maxPseudonyms,
    // The names may be addresses, which must not stay in memory.
    ttl: maxPseudonymAgeMs,
    ttlAutopurge: true,
    memoMethod: (name) => createHmac('sha256', derived).update(name).digest('base64url').slice(0, 22),
  });
  return (name) => pseudonyms.memo(name);
}

/** The scopes in a space-separated list (RFC 6749, 3.3). */
export function scopeList(text: string): ReadonlySet<string> {
  return new Set(text.split(' ').filter((scope) => scope !== ''));
}
