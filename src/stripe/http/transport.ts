import { Client, type Dispatcher, Pool } from 'undici';
import { isUnreadableCode } from '../../errors/transport-codes.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import type { OpenPool } from './outgoing-requests.ts';

/** A body and its media type. */
export interface RequestBody {
  readonly contentType: 'application/x-www-form-urlencoded' | 'application/json';
  readonly text: string;
}

/** A request as sent. */
export interface RawRequest {
  readonly method: 'GET' | 'POST';
  /** From the root, with client input percent-encoded. */
  readonly path: string;
  readonly headers: Record<string, string>;
  /** Null if there is none. */
  readonly body: string | null;
}

/** A whole response, read within the attempt's time limit. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** An attempt without a whole response. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** Whether any byte of the request may have left: if not, nothing can have happened upstream. */
  readonly sent: boolean;
  /** The error code of undici, Node or OpenSSL, e.g. `ECONNREFUSED`, `UND_ERR_SOCKET`. */
  readonly code: string;

  constructor(sent: boolean, code: string) {
    super(`no response (${code}), the request was ${sent ? 'perhaps sent' : 'not sent'}`);
    this.sent = sent;
    this.code = code;
  }

  /** Whether the upstream closed the connection. */
  get closed(): boolean {
    return closings.has(this.code);
  }

  /** Whether the bytes received are not valid HTTP or exceed the size limit. */
  get unreadable(): boolean {
    return isUnreadableCode(this.code);
  }
}

const closings: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

// The cause's message is dropped: it may quote bytes of the response.
function codeOf(cause: Error): string {
  // undici reports a proxy's status for CONNECT only in the message.
  const proxyStatus = /^Proxy response \((\d{3})\)/.exec(cause.message)?.[1];
  if (proxyStatus !== undefined) return `PROXY_STATUS_${proxyStatus}`;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

export interface TransportOptions {
  /** Scheme, host and port of the upstream. */
  readonly origin: string;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  /** A larger response is aborted while it is read. */
  readonly maxResponseBytes?: number;
  /** Opens connections, such as through a proxy; by default they go directly to the origin. */
  readonly openPool?: OpenPool | undefined;
}

/** An evaluation takes about 1 kB. A response a thousand times larger is an attack or a mistake. */
const maxResponseBytes = 1024 * 1024;
const maxResponseHeaderBytes = 16 * 1024;
// Each chunk and each interim response costs time, however few bytes it has.
const maxChunks = 16 * 1024;
const maxInterimResponses = 1_000;
// Load balancers commonly close idle connections after a minute; we close ours earlier.
const keepAliveMs = 30_000;

/**
 * Sends requests over pooled connections, with undici directly.
 *
 * Not the global `fetch`: it would follow redirects (a 307 would post the body and our key to its target), decompress
 * responses before we can count their bytes, and create three web streams per call. This transport follows no
 * redirects, requests and decodes no content encoding, limits the response's size, and knows whether a request was
 * sent.
 */
export class Transport {
  readonly #origin: string;
  readonly #pool: Dispatcher;

  constructor({ openPool = openDirectly, ...options }: TransportOptions) {
    this.#origin = options.origin;
    this.#pool = openPool(options.origin, {
      connections: options.maxConnections,
      factory: (origin, clientOptions) => new Connection(origin, clientOptions),
      // One request at a time per connection: a broken connection then fails only one call.
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      connect: { timeout: options.connectTimeoutMs },
      // The attempt's own timeout covers headers and body; undici's are coarser and restart with each chunk.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: maxResponseHeaderBytes,
      maxResponseSize: options.maxResponseBytes ?? maxResponseBytes,
    });
  }

  /** Sends the request as soon as a connection is available. */
  send({ method, path, headers, body }: RawRequest): InFlightRequest {
    const inFlight = new InFlightRequest();
    this.#pool.dispatch({ origin: this.#origin, path, method, headers, body }, inFlight);
    return inFlight;
  }

  /** Closes idle connections immediately and busy ones as their responses arrive. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

const openDirectly: OpenPool = (origin, options) => new Pool(origin, options);

/** A pooled connection that tells each request if it is reused. */
class Connection extends Client {
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof InFlightRequest) handler.reusedConnection = this.stats.connected;
    return super.dispatch(options, handler);
  }
}

/** A request in flight and its state. */
export class InFlightRequest implements Dispatcher.DispatchHandler {
  /** Whether any byte of the request may have left. */
  sent = false;
  /** Whether the connection existed before the request. */
  reusedConnection = false;
  /** Whether the head of a response has arrived. */
  responseStarted = false;
  /** The whole response; rejects with a `TransportError`. */
  readonly response: Promise<RawResponse>;
  readonly #resolve: (response: RawResponse) => void;
  readonly #reject: (error: TransportError) => void;
  readonly #body = new GrowingBuffer();
  #chunks = 0;
  #interimResponses = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #aborted: DOMException | undefined;
  #status = 0;
  #headers: RawResponse['headers'] = {};

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
    this.response = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Aborts the request with an `AbortError`, and closes its connection. */
  abort(): void {
    this.#aborted = new DOMException('the attempt was ended', 'AbortError');
    this.#controller?.abort(this.#aborted);
    // A request that waits for a connection has no controller yet.
    this.#reject(new TransportError(this.sent, this.#aborted.name));
  }

  // Called when a connection starts the request, before its first byte is written.
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Thrown, since `controller.abort` would close the connection too, and a caller with a deadline shorter than a TLS
    // handshake would never get one (undici 8.12.4, client-h1.js, `writeH1`).
    if (this.#aborted !== undefined) throw this.#aborted;
    this.sent = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: RawResponse['headers'],
  ): void {
    this.responseStarted = true;
    // RFC 9110, 15: status codes end at 599.
    if (status > 599) controller.abort(new TransportError(true, 'HPE_INVALID_STATUS'));
    // RFC 9110, 15.2: the final response follows.
    if (status < 200) {
      this.#interimResponses += 1;
      if (this.#interimResponses > maxInterimResponses) {
        controller.abort(new TransportError(true, 'TOO_MANY_INTERIM_RESPONSES'));
      }
    }
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks += 1;
    if (this.#chunks > maxChunks) controller.abort(new TransportError(true, 'TOO_MANY_CHUNKS'));
    else this.#body.append(chunk);
  }

  onResponseEnd(): void {
    this.#resolve({ status: this.#status, headers: this.#headers, text: this.#body.toString() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(new TransportError(this.sent, codeOf(error)));
  }
}
