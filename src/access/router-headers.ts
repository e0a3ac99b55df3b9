import { createHash, timingSafeEqual } from 'node:crypto';
import { callerHeaders } from '../config/caller-headers.ts';
import { isStripeAccount } from '../stripe/http/account-keys.ts';
import { type Caller, callerId, isName, scopeList, subjectId } from './caller.ts';

/** Finds all values of a header of the request, in the order sent. The name is in lower case. */
export type HeaderValues = (name: string) => readonly string[];

/** The valid router secrets; several during a rotation. */
export class RouterSecrets {
  #digests: readonly Buffer[] = [];

  constructor(secrets: readonly string[]) {
    this.renew(secrets);
  }

  /** Replaces the valid secrets. */
  renew(secrets: readonly string[]): void {
    this.#digests = secrets.map(digest);
  }

  /** Runs in constant time: digests are equally long, and all are compared. */
  includes(given: string): boolean {
    const givenDigest = digest(given);
    return this.#digests.reduce((found, secret) => timingSafeEqual(secret, givenDigest) || found, false);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * The caller that a router has verified and names in its headers; undefined if a header is blank (such as from an empty
 * template), appears twice, or is not an account. Call only after checking the router's secret: anybody can send these
 * headers.
 *
 * A router that sends no scopes and no customer has checked the caller's rights itself.
 */
export function callerOfRouter(valuesOf: HeaderValues, namesAccounts: boolean): Caller | undefined {
  const names = callerHeaders.filter((name) => namesAccounts || name !== 'x-caller-account');
  // A header that appears twice may come from a client, through a router that forgot to remove it.
  const values = names.map(valuesOf);
  if (values.some(({ length }) => length > 1)) return undefined;
  const [subject, issuer, granted, customer, account] = values.map(([value]) => value);
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
  const [knownIssuer, knownSubject] = [textOf(issuer), textOf(subject)];
  // In a namespace of its own: bytes that are not UTF-8 must not be read as another subject's text.
  if (knownIssuer === undefined || knownSubject === undefined) return callerId('router', issuer, subject);
  return subjectId(knownIssuer, knownSubject);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// Node reads headers as Latin-1, but routers write UTF-8, as tokens do.
function textOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  try {
    return utf8.decode(Buffer.from(header, 'latin1'));
  } catch {
    return undefined;
  }
}
