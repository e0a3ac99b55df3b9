import { createHmac, hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { CustomerBinding } from './scopes.ts';

/** The caller, and what it may do. */
export interface Caller {
  /**
   * One for each subject of each issuer, whichever way it comes, and no other's: the scope of its idempotency keys,
   * and its place in waiting lines. A hash, so that it can be passed on; but not a keyed one: it must stay the
   * same when keys are rotated, or a repeat would be another call. So it is never logged: its pseudonym is.
   */
  readonly id: string;
  /** Whether `id` tells this caller from others: not so for all who come without credentials. */
  readonly isNamed: boolean;
  readonly scopes: ReadonlySet<string> | 'all';
  readonly customer: CustomerBinding;
  /** The Stripe account, or context path, that the caller's calls are made for, if it brings one. */
  readonly account?: string | undefined;
}

/** The anonymous caller of `AUTH_MODE=none`. */
export const anonymous: Caller = {
  id: 'anonymous',
  isNamed: false,
  scopes: 'all',
  customer: { kind: 'any' },
};

/** An id for a caller from what names it. JSON of an array is injective, so no two callers share a text. */
export function callerId(...names: readonly (string | undefined)[]): string {
  return hash('sha256', JSON.stringify(names), 'base64url');
}

/**
 * The id of an issuer's subject: the same for a token and for a router that vouches for it, so that a repeat which
 * takes the other way is no second call. `jwt` was the first way, and stands in the ids that are in use.
 */
export function subjectId(issuer: string, subject: string): string {
  return callerId('jwt', issuer, subject);
}

/** Whether a name is one: what is empty or blank would be the same for several people. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** Names a caller or address where others can read it, such as in logs and in shared counters. */
export type Pseudonymize = (name: string) => string;

const maxPseudonyms = 10_000;

/**
 * A keyed hash: who has not the key can't find a name by trying all of them, as could be done with addresses. Those
 * used last are kept, as each call of a caller needs the same one.
 */
export function pseudonymizer(key: string): Pseudonymize {
  // Derived, since the key may be one that is used for something else as well.
  const derived = createHmac('sha256', key).update('pseudonyms of callers').digest();
  const pseudonyms = new LRUCache<string, string>({
    max: maxPseudonyms,
    memoMethod: (name) => createHmac('sha256', derived).update(name).digest('base64url').slice(0, 22),
  });
  return (name) => pseudonyms.memo(name);
}

/** The scopes in a space-separated list (RFC 6749, 3.3). */
export function scopeList(text: string): ReadonlySet<string> {
  return new Set(text.split(' ').filter((scope) => scope !== ''));
}
