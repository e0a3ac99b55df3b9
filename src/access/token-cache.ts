import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.ts';

/** What was found out about a token. */
export interface Verification {
  readonly caller: Caller;
  readonly payload: Pick<JWTPayload, 'exp' | 'nbf'>;
  /** Which of the issuer's key sets it was verified with. */
  readonly keySet: number;
}

const maxTokens = 10_000;
const maxAgeMs = 60_000;

/**
 * Tokens that were verified in the last minute: a caller brings the same one with each call, and verifying it takes
 * longer than most of what the gateway does. Only good ones are kept, so that no stranger can crowd them out.
 */
export class TokenCache {
  readonly #clockToleranceSeconds: number;
  // By their hash: what is no longer needed should not lie in memory to be read there.
  readonly #verifications = new LRUCache<string, Verification>({
    max: maxTokens,
    ttl: maxAgeMs,
    ttlResolution: 0,
    perf: performance,
  });

  constructor(clockToleranceSeconds: number) {
    this.#clockToleranceSeconds = clockToleranceSeconds;
  }

  /**
   * The caller of the token; undefined if it must be verified: it is not in the cache, it has expired, or the key set
   * has been fetched again and may lack its key.
   */
  find(token: string, keySet: number): Caller | undefined {
    const found = this.#verifications.get(digest(token));
    return found?.keySet === keySet && this.#isInTime(found.payload) ? found.caller : undefined;
  }

  add(token: string, verification: Verification): void {
    this.#verifications.set(digest(token), verification);
  }

  #isInTime({ exp = 0, nbf = 0 }: Verification['payload']): boolean {
    const now = Math.floor(Date.now() / 1000);
    return exp > now - this.#clockToleranceSeconds && nbf <= now + this.#clockToleranceSeconds;
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64url');
}
