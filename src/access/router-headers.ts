import { createHash, timingSafeEqual } from 'node:crypto';
import { type Caller, callerId, scopeList } from './caller.ts';

/** The headers of a request, each name with all its values in the order sent. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/** Whether the request brings a secret that the router was given. Several are valid while one is replaced. */
export class RouterSecrets {
  #digests: readonly Buffer[] = [];

  constructor(secrets: readonly string[]) {
    this.renew(secrets);
  }

  /** From now on these are valid, and no others. */
  renew(secrets: readonly string[]): void {
    this.#digests = secrets.map(digest);
  }

  /** Takes the same time whatever is given and whichever secret it is: digests have one length, and all are compared. */
  includes(given: string): boolean {
    const givenDigest = digest(given);
    return this.#digests.reduce((found, secret) => timingSafeEqual(secret, givenDigest) || found, false);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * The caller that a router has verified and names in its headers; undefined where they are ambiguous. Only to be
 * asked once the router has shown its secret: anybody can write these headers.
 *
 * A router that says nothing of scopes or of a customer has decided on rights by itself.
 */
export function callerOfRouter(headers: DistinctHeaders): Caller | undefined {
  const names = ['x-caller-subject', 'x-caller-issuer', 'x-caller-scopes', 'x-caller-customer'] as const;
  // One that appears twice was set by a client and again by a router that forgot to remove it.
  if (names.some((name) => (headers[name]?.length ?? 0) > 1)) return undefined;
  const [subject, issuer, granted, customer] = names.map((name) => headers[name]?.[0]);
  if (customer === '') return undefined;
  return {
    id: callerId('router', issuer, subject),
    isNamed: subject !== undefined,
    scopes: granted === undefined ? 'all' : scopeList(granted),
    customer: customer === undefined ? { kind: 'any' } : { kind: 'own', id: customer },
  };
}
