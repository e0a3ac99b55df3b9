import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';

// A key set is a few kilobytes; what sends more is not one, or means harm.
const maxBytes = 64 * 1024;
const timeoutMs = 1_000;
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
  readonly #onState: (state: KeySetState) => void;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  #state: KeySetState | undefined;
  #isLoaded = false;
  #fetched = 0;
  #blockedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Settles when the first fetch has ended, well or not; never rejects. */
  readonly firstFetch: Promise<void>;

  constructor(url: URL, onState: (state: KeySetState) => void) {
    this.#onState = onState;
    this.#keys = createRemoteJWKSet(url, {
      timeoutDuration: timeoutMs,
      cooldownDuration: cooldownMs,
      // Never stale: jose would refuse known keys, too, when a stale set cannot be renewed. Renewed here instead.
      cacheMaxAge: Number.POSITIVE_INFINITY,
      [customFetch]: this.#fetch,
    });
    this.firstFetch = this.#refresh();
  }

  /** Whether any keys were ever had. Asked for with each call, and jose copies the whole set to answer. */
  get isLoaded(): boolean {
    this.#isLoaded ||= this.#keys.jwks() !== undefined;
    return this.#isLoaded;
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
  readonly resolve: JWTVerifyGetKey = (header, token) => this.#keys(header, token);

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    await this.#keys.reload().catch(() => undefined);
    if (this.#closed) return;
    const waitMs = this.#state === 'up' ? refreshMs : retryMs;
    this.#timer = setTimeout(() => void this.#refresh(), waitMs).unref();
  }

  readonly #fetch: FetchImplementation = async (url, options) => {
    if (performance.now() < this.#blockedUntil) throw new Error('the last fetch of the key set failed');
    try {
      // A redirect could lead to anywhere; the signal, which bounds the time, covers the body too.
      const response = await fetch(url, { ...options, redirect: 'error' });
      const text = await readAtMost(maxBytes, response);
      if (!isKeySet(response, text)) throw new Error('the answer is not a key set');
      this.#note('up');
      this.#fetched += 1;
      return new Response(text);
    } catch (error) {
      this.#blockedUntil = performance.now() + retryMs - 1;
      this.#note('down');
      throw error;
    }
  };

  #note(state: KeySetState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}

// An empty set would lock everybody out: rather a fault of who sends it than an issuer without keys.
function isKeySet(response: Response, text: string): boolean {
  if (response.status !== 200) return false;
  const body = JSON.parse(text) as { keys?: unknown } | null;
  return Array.isArray(body?.keys) && body.keys.length > 0;
}

async function readAtMost(limit: number, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body and closes its connection.
    if (size > limit) throw new Error('the key set is larger than 64 KB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
