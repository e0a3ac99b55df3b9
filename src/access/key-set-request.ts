import type { OutgoingRequests } from '../stripe/http/outgoing-requests.ts';
import { Transport, TransportError } from '../stripe/http/transport.ts';

/** Why there is no key set, in one word or two that are safe to log: never the URL, nor a word of the answer. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError';
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(`no key set: ${reason}`, { cause });
    this.reason = reason;
  }
}

// A key set is a few kilobytes; what sends more is not one, or means harm.
const maxBytes = 64 * 1024;
const timeoutMs = 1_000;
// RFC 7517, 8.5.1, and what most issuers say instead. Kubernetes answers 406 where the first is not admitted.
const accept = 'application/jwk-set+json, application/json;q=0.9, */*;q=0.1';

/**
 * The body of what a JWKS URL answers with 200. Throws a `KeySetError` for everything else, after a second at the
 * latest. A redirect is not followed: it could lead to anywhere.
 */
export async function requestKeySet(url: URL, { userAgent, openPool }: OutgoingRequests): Promise<string> {
  const transport = new Transport({
    origin: url.origin,
    connectTimeoutMs: timeoutMs,
    maxConnections: 1,
    maxAnswerBytes: maxBytes,
    openPool,
  });
  // Fetched every few minutes, no connection is worth keeping.
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
    // Not awaited: a connection that hangs ends when its request does.
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
