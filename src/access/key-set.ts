import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { requestKeySet } from './key-set-request.ts';

/** A token with an unknown key has the set fetched again, but no more often than this. */
const cooldownMs = 30_000;
const refreshMs = 300_000;
/** After a failed fetch, none is tried for so long: a stream of tokens must not become a stream of fetches. */
const retryMs = 5_000;

export type KeySetState = 'up' | 'down';

/**
 * An issuer's public keys, fetched from its JWKS URL: at once, then every five minutes, and when a token is signed
 * with an unknown key. Once had, keys are kept until a newer set replaces them: while the URL is down, or answers
 * what is no key set, tokens signed with known keys go on.
 */
export class RemoteKeySet {
  readonly #url: URL;
  readonly #onState: (state: KeySetState) => void;
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAt = 0;
  #fetch: Promise<void> | undefined;
  #state: KeySetState | undefined;
  #fetched = 0;
  #blockedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Settles when the first fetch has ended, well or not; never rejects. */
  readonly firstFetch: Promise<void>;

  constructor(url: URL, onState: (state: KeySetState) => void) {
    this.#url = url;
    this.#onState = onState;
    this.firstFetch = this.#refresh();
  }

  /** Whether any keys were ever had. */
  get isLoaded(): boolean {
    return this.#keys !== undefined;
  }

  /** How often a set was fetched: what was verified with one may not be with the next. */
  get fetched(): number {
    return this.#fetched;
  }

  /** Whether the last fetch succeeded; `down` before the first one did. */
  get state(): KeySetState {
    return this.#state ?? 'down';
  }

  /** The key that a token names; rejects where there is none. */
  readonly resolve: JWTVerifyGetKey = async (header, token) => {
    if (this.#keys !== undefined) {
      try {
        return await this.#keys(header, token);
      } catch (error) {
        const isFresh = Date.now() < this.#fetchedAt + cooldownMs;
        if (isFresh || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
    }
    await this.#fetchOnce();
    if (this.#keys === undefined) throw new errors.JWKSNoMatchingKey();
    return this.#keys(header, token);
  };

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    await this.#fetchOnce().catch(() => undefined);
    if (this.#closed) return;
    const waitMs = this.#state === 'up' ? refreshMs : retryMs;
    this.#timer = setTimeout(() => void this.#refresh(), waitMs).unref();
  }

  /** Fetches the set, once for all who ask meanwhile; rejects where none is to be had. */
  #fetchOnce(): Promise<void> {
    this.#fetch ??= this.#fetchNow().finally(() => {
      this.#fetch = undefined;
    });
    return this.#fetch;
  }

  async #fetchNow(): Promise<void> {
    if (performance.now() < this.#blockedUntil) throw new Error('the last fetch of the key set failed');
    try {
      this.#keys = createLocalJWKSet(keySetIn(await requestKeySet(this.#url)));
      this.#fetchedAt = Date.now();
      this.#note('up');
      this.#fetched += 1;
    } catch (error) {
      this.#blockedUntil = performance.now() + retryMs - 1;
      this.#note('down');
      throw error;
    }
  }

  #note(state: KeySetState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}

// An empty set would lock everybody out: rather a fault of who sends it than an issuer without keys.
function keySetIn(text: string): JSONWebKeySet {
  const body = JSON.parse(text) as JSONWebKeySet | null;
  if (!Array.isArray(body?.keys) || body.keys.length === 0) throw new Error('the answer is not a key set');
  return body;
}
