import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { OutgoingRequests } from '../stripe/http/outgoing-requests.ts';
import { KeySetError, requestKeySet } from './key-set-request.ts';

/** The minimum interval between fetches that tokens with unknown keys cause. */
const cooldownMs = 30_000;
const refreshMs = 300_000;
/** The pause after a failed fetch: a stream of tokens must not cause a stream of fetches. */
const retryMs = 5_000;

export type KeySetState = 'up' | 'down';

/** Called when the state changes, or the reason why it is down. */
export type OnKeySet = (state: KeySetState, reason?: string) => void;

/**
 * An issuer's public keys, fetched from its JWKS URL: immediately, then every five minutes, and when a token is signed
 * with an unknown key. Keys are kept until a newer set replaces them: while the URL is down or returns something else,
 * tokens signed with known keys are still accepted.
 *
 * jose's `createRemoteJWKSet` (6.2.17) can't take its place: it measures its cooldown by the wall clock and starts it
 * only after a successful fetch, and one malformed member makes it reject the whole set.
 */
export class RemoteKeySet {
  readonly #url: URL;
  readonly #requests: OutgoingRequests;
  readonly #onState: OnKeySet;
  #keys: JWTVerifyGetKey | undefined;
  #fetch: Promise<void> | undefined;
  #state: KeySetState | undefined;
  #reason: string | undefined;
  #text: string | undefined;
  #version = 0;
  // By the monotonic clock: the cooldown must end even if the wall clock is set back.
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #blockedUntil = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Resolves when the first fetch has ended, even if it failed; never rejects. */
  readonly firstFetch: Promise<void>;

  constructor(url: URL, requests: OutgoingRequests, onState: OnKeySet) {
    this.#url = url;
    this.#requests = requests;
    this.#onState = onState;
    this.firstFetch = this.fetchAgain();
  }

  /** Whether any fetch has succeeded. */
  get isLoaded(): boolean {
    return this.#keys !== undefined;
  }

  /** Changes with the set: a token that was valid with one set may be invalid with the next. */
  get version(): number {
    return this.#version;
  }

  /** Whether the last fetch succeeded; `down` until the first success. */
  get state(): KeySetState {
    return this.#state ?? 'down';
  }

  /** Why the last fetch failed; undefined if it succeeded. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** The key that a token names. Rejects if there is none, or with jose's iterable error if several fit. */
  readonly resolve: JWTVerifyGetKey = async (header, token) => {
    if (this.#keys !== undefined) {
      try {
        return await this.#keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || !this.canFetchAgain) throw error;
      }
    }
    await this.#fetchOnce();
    if (this.#keys === undefined) throw new errors.JWKSNoMatchingKey();
    return this.#keys(header, token);
  };

  /** Whether the cooldown allows another fetch outside the schedule. */
  get canFetchAgain(): boolean {
    return performance.now() >= this.#fetchedAt + cooldownMs;
  }

  /** Fetches the set again; resolves even if the fetch fails. */
  async fetchAgain(): Promise<void> {
    await this.#fetchOnce().catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Schedules the next fetch, from the end of the last one, whatever caused it. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const waitMs = this.#state === 'up' ? refreshMs : retryMs;
    this.#timer = setTimeout(() => void this.fetchAgain(), waitMs).unref();
  }

  /** Fetches the set; concurrent callers share one fetch. Throws if it fails. */
  #fetchOnce(): Promise<void> {
    this.#fetch ??= this.#fetchNow().finally(() => {
      this.#fetch = undefined;
    });
    return this.#fetch;
  }

  async #fetchNow(): Promise<void> {
    if (performance.now() < this.#blockedUntil) throw new KeySetError('the last fetch failed');
    try {
      this.#apply(await requestKeySet(this.#url, this.#requests));
      this.#fetchedAt = performance.now();
      this.#note('up');
    } catch (error) {
      this.#blockedUntil = performance.now() + retryMs - 1;
      this.#note('down', error instanceof KeySetError ? error.reason : 'not a key set');
      throw error;
    } finally {
      this.#schedule();
    }
  }

  // If the set is unchanged, cached tokens stay valid.
  #apply(text: string): void {
    if (text === this.#text) return;
    this.#keys = createLocalJWKSet(keySetIn(text));
    this.#text = text;
    this.#version += 1;
  }

  #note(state: KeySetState, reason?: string): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#onState(state, reason);
  }
}

/**
 * The members of the set that can verify a signature. Malformed ones and unknown types are ignored, by RFC 7517, 5. A
 * set without usable keys is rejected: it would lock everybody out, and is more likely a mistake than an issuer without
 * keys.
 */
function keySetIn(text: string): JSONWebKeySet {
  const members = membersIn(text);
  if (members === undefined) throw new KeySetError('not a key set');
  const keys = members.filter(canVerify);
  if (keys.length === 0) throw new KeySetError('no usable key');
  return { keys };
}

function membersIn(text: string): unknown[] | undefined {
  try {
    // RFC 8259, 8.1: parsers may ignore a byte order mark, and some servers send one.
    const { keys } = JSON.parse(text.replace(/^\uFEFF/, '')) ?? {};
    return Array.isArray(keys) ? keys : undefined;
  } catch {
    return undefined;
  }
}

function canVerify(member: unknown): member is JSONWebKeySet['keys'][number] {
  if (typeof member !== 'object' || member === null) return false;
  const { kty, use } = member as { kty?: unknown; use?: unknown };
  return (
    typeof kty === 'string' && ['RSA', 'EC', 'OKP'].includes(kty) && (use === undefined || use === 'sig')
  );
}
