import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { OutgoingRequests } from '../stripe/http/outgoing-requests.ts';
import { KeySetError, requestKeySet } from './key-set-request.ts';

/** A token with an unknown key has the set fetched again, but no more often than this. */
const cooldownMs = 30_000;
const refreshMs = 300_000;
/** After a failed fetch, none is tried for so long: a stream of tokens must not become a stream of fetches. */
const retryMs = 5_000;

export type KeySetState = 'up' | 'down';

/** Told when the state changes, or the reason why it is down. */
export type OnKeySet = (state: KeySetState, reason?: string) => void;

/**
 * An issuer's public keys, fetched from its JWKS URL: at once, then every five minutes, and when a token is signed
 * with an unknown key. Once fetched, keys are kept until a newer set replaces them: while the URL is down, or answers
 * something that is not a key set, tokens signed with known keys go on.
 *
 * jose's `createRemoteJWKSet` (6.2.17) can't take its place: it measures its cooldown by the wall clock and begins it
 * only after a fetch that succeeded, and one malformed member of a set makes it refuse the whole set.
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
  // By the monotonic clock: after the wall clock was set back, the cooldown must end all the same.
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #blockedUntil = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Settles when the first fetch has ended, well or not; never rejects. */
  readonly firstFetch: Promise<void>;

  constructor(url: URL, requests: OutgoingRequests, onState: OnKeySet) {
    this.#url = url;
    this.#requests = requests;
    this.#onState = onState;
    this.firstFetch = this.#refresh();
  }

  /** Whether any set was ever fetched. */
  get isLoaded(): boolean {
    return this.#keys !== undefined;
  }

  /** Changes with the set: a token verified with one may not be with the next. */
  get version(): number {
    return this.#version;
  }

  /** Whether the last fetch succeeded; `down` before the first one did. */
  get state(): KeySetState {
    return this.#state ?? 'down';
  }

  /** Why the last fetch failed; undefined where it succeeded. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** The key that a token names. Rejects where there is none, or with jose's iterable error where several fit. */
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

  /** Whether the last fetch is long enough ago for another one outside the schedule. */
  get canFetchAgain(): boolean {
    return performance.now() >= this.#fetchedAt + cooldownMs;
  }

  /** Fetches the set again; resolves whatever comes of it. */
  async fetchAgain(): Promise<void> {
    await this.#fetchOnce().catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    await this.fetchAgain();
    if (this.#closed) return;
    const waitMs = this.#state === 'up' ? refreshMs : retryMs;
    this.#timer = setTimeout(() => void this.#refresh(), waitMs).unref();
  }

  /** Fetches the set, once for all who ask meanwhile. Throws where there is none. */
  #fetchOnce(): Promise<void> {
    this.#fetch ??= this.#fetchNow().finally(() => {
      this.#fetch = undefined;
    });
    return this.#fetch;
  }

  async #fetchNow(): Promise<void> {
    if (performance.now() < this.#blockedUntil) throw new KeySetError('the last fetch failed');
    try {
      this.#take(await requestKeySet(this.#url, this.#requests));
      this.#fetchedAt = performance.now();
      this.#note('up');
    } catch (error) {
      this.#blockedUntil = performance.now() + retryMs - 1;
      this.#note('down', error instanceof KeySetError ? error.reason : 'not a key set');
      throw error;
    }
  }

  // A set that is the same says nothing new: tokens that were verified with it need not be verified again.
  #take(text: string): void {
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
 * The members of the set that can verify a signature. The others are ignored, as RFC 7517, 5 has it: one member that
 * is malformed or of an unknown type must not spoil the rest. A set without any is refused: it would lock everybody
 * out, and is rather a fault of whoever sends it than an issuer without keys.
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
    // RFC 8259, 8.1: a reader may ignore a byte order mark, and some servers send one.
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
