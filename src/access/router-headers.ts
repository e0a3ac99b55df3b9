import { createHash, timingSafeEqual } from 'node:crypto';
import { isStripeAccount } from '../stripe/http/account-keys.ts';
import { type Caller, callerId, isName, scopeList, subjectId } from './caller.ts';

/** The headers of a request, each name with all its values in the order sent. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

const callerHeaders = ['x-caller-subject', 'x-caller-issuer', 'x-caller-scopes', 'x-caller-customer'];

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
 * The caller that a router has verified and names in its headers; undefined where one is blank, as where a template
 * had nothing to fill in, appears twice, or is no account. Only to be asked once the router has shown its secret: anybody can write
 * these headers.
 *
 * A router that says nothing of scopes or of a customer has decided on rights by itself.
 */
export function callerOfRouter(headers: DistinctHeaders, namesAccounts: boolean): Caller | undefined {
  const names = namesAccounts ? [...callerHeaders, 'x-caller-account'] : callerHeaders;
  // One that appears twice was set by a client and again by a router that forgot to remove it.
  if (names.some((name) => (headers[name]?.length ?? 0) > 1)) return undefined;
  const [subject, issuer, granted, customer, account] = names.map((name) => headers[name]?.[0]);
  if ([subject, issuer, customer].some((name) => name !== undefined && !isName(name))) return undefined;
  if (account !== undefined && !isStripeAccount(account)) return undefined;
  return {
    id: idOf(issuer, subject),
    isNamed: subject !== undefined,
    scopes: granted === undefined ? 'all' : scopeList(granted),
    customer: customer === undefined ? { kind: 'any' } : { kind: 'own', id: customer },
    account,
  };
}

function idOf(issuer: string | undefined, subject: string | undefined): string {
  if (issuer === undefined || subject === undefined) return callerId('router', issuer, subject);
  return subjectId(textOf(issuer), textOf(subject));
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

// Node reads a header's bytes as Latin-1. Routers write UTF-8, as tokens do.
function textOf(header: string): string {
  try {
    return utf8.decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}
