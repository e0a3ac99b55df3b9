import { hash } from 'node:crypto';
import type { JWTHeaderParameters, JWTPayload, JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.ts';

/** What was found out about a token. */
export interface Verification {
  readonly caller: Caller;
  readonly payload: Pick<JWTPayload, 'exp' | 'nbf'>;
  readonly protectedHeader: JWTHeaderParameters;
  /** The key that verified it, itself: a key set that was fetched anew holds other objects. */
  readonly key: unknown;
}

const maxTokens = 10_000;
const maxAgeMs = 60_000;

/**
 * Tokens that were verified in the last minute: a caller brings the same one with each call, and verifying it takes
 * longer than most of what the gateway does. Only good ones are kept, so that no stranger can crowd them out.
 */
export class VerifiedTokens {
  readonly #resolveKey: JWTVerifyGetKey;
  readonly #clockToleranceSeconds: number;
  // By their hash: what is no longer needed should not lie in memory to be read there.
  readonly #verifications = new LRUCache<string, Verification>({
    max: maxTokens,
    ttl: maxAgeMs,
    ttlResolution: 0,
    perf: performance,
  });

  constructor(resolveKey: JWTVerifyGetKey, clockToleranceSeconds: number) {
    this.#resolveKey = resolveKey;
    this.#clockToleranceSeconds = clockToleranceSeconds;
  }

  /** Whose token it is; undefined where it must be verified: it was not of late, is out of time, or its key is gone. */
  async find(token: string): Promise<Caller | undefined> {
    const found = this.#verifications.get(digest(token));
    if (found === undefined || !this.#isInTime(found.payload)) return undefined;
    const key = await this.#keyOf(found.protectedHeader);
    return key === found.key ? found.caller : undefined;
  }

  add(token: string, verification: Verification): void {
    this.#verifications.set(digest(token), verification);
  }

  #isInTime({ exp = 0, nbf = 0 }: Verification['payload']): boolean {
    const now = Math.floor(Date.now() / 1000);
    return exp > now - this.#clockToleranceSeconds && nbf <= now + this.#clockToleranceSeconds;
  }

  async #keyOf(header: JWTHeaderParameters): Promise<unknown> {
    try {
      return await this.#resolveKey(header, { payload: '', signature: '' });
    } catch {
      return undefined;
    }
  }
}

function digest(token: string): string {
  return hash('sha256', token, 'base64url');
}
