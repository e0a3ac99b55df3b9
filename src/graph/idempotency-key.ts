import { hash, randomUUID } from 'node:crypto';
import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import type { Call } from '../stripe/http/call.ts';

/** The two forms of one key: the client's, returned in the payload, and the upstream's. */
export interface IdempotencyKey {
  readonly client: string;
  readonly upstream: string;
}

/** Each scope has its own keys. */
export type KeyScope = Pick<Call, 'caller' | 'account'>;

// Printable ASCII: header-safe, and the same bytes in every encoding.
const printable = /^[\x20-\x7e]{1,255}$/;

/** Generates a key for a client that sent none. */
export function generateIdempotencyKey(scope: KeyScope, mutation: string): IdempotencyKey {
  return scoped(scope, mutation, randomUUID());
}

/**
 * Scopes a client's key by caller, account and mutation, so that no caller can join another's call. Throws
 * `BAD_USER_INPUT` for a key that is not 1 to 255 printable ASCII characters.
 */
export function scopeIdempotencyKey(scope: KeyScope, mutation: string, key: string): IdempotencyKey {
  if (!printable.test(key)) {
    const path = ['input', 'idempotencyKey'];
    throw UpstreamCallError.ofField('BAD_USER_INPUT', path, 'must be 1 to 255 printable ASCII characters.');
  }
  return scoped(scope, mutation, key);
}

// JSON of an array is injective, so no two scopes share a key; hashed, so that the upstream learns nothing of them. The
// configured account is not included: keys in use would change with the setting.
function scoped({ caller, account }: KeyScope, mutation: string, key: string): IdempotencyKey {
  const scope = account === undefined ? [caller, mutation, key] : [caller, mutation, key, account];
  return { client: key, upstream: hash('sha256', JSON.stringify(scope)) };
}
