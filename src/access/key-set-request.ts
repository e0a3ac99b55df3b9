import type { OutgoingRequests } from '../stripe/http/outgoing-requests.ts';
import { Transport, TransportError } from '../stripe/http/transport.ts';

/** Why there is no key set, in one or two words that are safe to log: never the URL, nor any of the response. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError';
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(`no key set: ${reason}`, { cause });
    this.reason = reason;
  }
}

// A key set has a few kilobytes; a larger response is a mistake or an attack.
const maxBytes = 64 * 1024;
const timeoutMs = 1_000;
// RFC 7517, 8.5.1, and the type that most issuers send instead. Kubernetes answers 406 if the first is missing.
const accept = 'application/jwk-set+json, application/json;q=0.9, */*;q=0.1';

/**
 * The body of a JWKS URL's response with status 200. Throws a `KeySetError` for everything else, after at most a
 * second. Redirects are not followed: they could lead anywhere.
 */
export async function requestKeySet(url: URL, { userAgent, openPool }: OutgoingRequests): Promise<string> {
  const transport = new Transport({
    origin: url.origin,
    connectTimeoutMs: timeoutMs,
    maxConnections: 1,
    maxResponseBytes: maxBytes,
    openPool,
  });
  // Keys are fetched every few minutes, so the connection is not kept.
  const headers = { accept, connection: 'close', 'user-agent': userAgent, ...credentialsIn(url) };
  const path = url.pathname + url.search;
  const inFlight = transport.send({ method: 'GET', path, headers, body: null });
  AbortSignal.timeout(timeoutMs).addEventListener('abort', () => inFlight.abort());
  try {
    const { status, text } = await inFlight.response;
    if (status !== 200) throw new KeySetError(`status ${status}`);
    return text;
  } catch (error) {
    throw error instanceof TransportError ? new KeySetError(reasonOf(error), error) : error;
  } finally {
    // Not awaited: a stalled connection ends with its request.
    transport.close().catch(() => undefined);
  }
}

function reasonOf({ code }: TransportError): string {
  if (code === 'AbortError' || code === 'UND_ERR_CONNECT_TIMEOUT') return 'timeout';
  return code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' ? 'larger than 64 KB' : code;
}

function credentialsIn({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
