import { hash, randomUUID } from 'node:crypto';
import { UpstreamCallError } from '../errors/upstream-call-error.ts';

/** The two sides of one key: the client's, returned in the payload, and the upstream's. */
export interface IdempotencyKey {
  readonly client: string;
  readonly upstream: string;
}

// Printable ASCII: header-safe, and the same bytes in every encoding.
const printable = /^[\x20-\x7e]{1,255}$/;

/** A key of our own, for a client that brought none. */
export function drawIdempotencyKey(caller: string, mutation: string): IdempotencyKey {
  return scoped(caller, mutation, randomUUID());
}

/**
 * Scopes a client's key by caller and mutation, so that no caller can meet another's call. Throws
 * `BAD_USER_INPUT` for a key that is not 1 to 255 printable ASCII characters.
 */
export function scopeIdempotencyKey(caller: string, mutation: string, key: string): IdempotencyKey {
  if (!printable.test(key)) {
    const path = ['input', 'idempotencyKey'];
    throw UpstreamCallError.ofField('BAD_USER_INPUT', path, 'takes 1 to 255 printable ASCII characters.');
  }
  return scoped(caller, mutation, key);
}

// JSON of an array is injective, so no two triples share a text; and a hash is all that the upstream reads.
function scoped(caller: string, mutation: string, key: string): IdempotencyKey {
  return { client: key, upstream: hash('sha256', JSON.stringify([caller, mutation, key])) };
}
