import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.ts';

/** The result of a token's verification. */
export interface Verification {
  readonly caller: Caller;
  /** Its times of validity. No other claim is kept: tokens carry names and e-mail addresses. */
  readonly validity: { readonly exp?: number | undefined; readonly nbf?: number | undefined };
  /** The version of the issuer's key set that verified it. */
  readonly keySet: number;
}

const maxTokens = 10_000;
const maxAgeMs = 60_000;

/**
 * The tokens verified in the last minute: a caller sends the same one with each call, and verification is among the
 * gateway's most expensive steps. Only valid tokens are kept, so that invalid ones cannot evict them.
 */
export class TokenCache {
  readonly #clockToleranceSeconds: number;
  // Keyed by hash, so that tokens do not stay in memory.
  readonly #verifications = new LRUCache<string, Verification>({
    max: maxTokens,
    ttl: maxAgeMs,
    // Otherwise an entry that nobody reads again stays until 10,000 newer ones evict it.
    ttlAutopurge: true,
    ttlResolution: 0,
    perf: performance,
  });

  constructor(clockToleranceSeconds: number) {
    this.#clockToleranceSeconds = clockToleranceSeconds;
  }

  /**
   * The caller of the token; undefined if the token must be verified: it is not in the cache, it has expired, or the
   * key set has changed and may lack its key.
   */
  find(token: string, keySet: number): Caller | undefined {
    const found = this.#verifications.get(digest(token));
    return found?.keySet === keySet && this.#isInTime(found.validity) ? found.caller : undefined;
  }

  add(token: string, verification: Verification): void {
    this.#verifications.set(digest(token), verification);
  }

  #isInTime({ exp = 0, nbf = 0 }: Verification['validity']): boolean {
    const now = Math.floor(Date.now() / 1000);
    return exp > now - this.#clockToleranceSeconds && nbf <= now + this.#clockToleranceSeconds;
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64url');
}
