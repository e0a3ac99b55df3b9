import { Client, type Dispatcher, Pool } from 'undici';
import { GrowingBuffer } from './growing-buffer.ts';
import type { OpenPool } from './outgoing-requests.ts';

/** A body, and what it is. */
export interface RequestBody {
  readonly contentType: 'application/x-www-form-urlencoded' | 'application/json';
  readonly text: string;
}

/** A request as it goes. */
export interface RawRequest {
  readonly method: 'GET' | 'POST';
  /** From the root, with whatever a client wrote in it percent-encoded. */
  readonly path: string;
  readonly headers: Record<string, string>;
  /** Null for none. */
  readonly body: string | null;
}

/** An answer as it came, whole: the upstream's bytes are read within the attempt's time limit. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** An attempt that brought no whole answer. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** Whether any byte of the request may have left: if not, nothing can have happened upstream. */
  readonly sent: boolean;
  /** undici's, Node's or OpenSSL's word for it, e.g. `ECONNREFUSED`, `UND_ERR_SOCKET`. */
  readonly code: string;

  constructor(sent: boolean, code: string) {
    super(`no answer (${code}), the request was ${sent ? 'perhaps sent' : 'not sent'}`);
    this.sent = sent;
    this.code = code;
  }

  /** The connection was closed from the other side. */
  get closed(): boolean {
    return closings.has(this.code);
  }

  /** Bytes came, but they are no HTTP answer, or more of one than is held. */
  get unreadable(): boolean {
    return this.code === 'HTTPParserError' || this.code.startsWith('HPE_') || tooMuch.has(this.code);
  }
}

const closings: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const tooMuch: ReadonlySet<string> = new Set([
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  'UND_ERR_HEADERS_OVERFLOW',
  'TOO_MANY_PIECES',
  'TOO_MANY_INTERIM_RESPONSES',
]);

// The cause's message is not kept: it may quote bytes of the answer.
function codeOf(cause: Error): string {
  // undici tells what a proxy answered to CONNECT in the message alone.
  const proxyStatus = /^Proxy response \((\d{3})\)/.exec(cause.message)?.[1];
  if (proxyStatus !== undefined) return `PROXY_STATUS_${proxyStatus}`;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

export interface TransportOptions {
  /** Scheme, host and port of the upstream. */
  readonly origin: string;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  /** What is larger is refused while it comes. */
  readonly maxAnswerBytes?: number;
  /** Opens connections, such as through a proxy; without it they lead to the origin itself. */
  readonly openPool?: OpenPool | undefined;
}

/** An evaluation takes about 1 kB. What is larger by a thousand is an attack or a mistake. */
const maxAnswerBytes = 1024 * 1024;
const maxAnswerHeaderBytes = 16 * 1024;
// Each piece and each interim response costs time, however few bytes it has.
const maxPieces = 16 * 1024;
const maxInterimResponses = 1_000;
// Below the minute after which load balancers commonly close idle connections, so that we close first.
const keepAliveMs = 30_000;

/**
 * One request and its answer over pooled connections, with undici directly.
 *
 * Not the global `fetch`: it would follow redirects (and post the body and our key again to wherever a 307
 * points), inflate what the upstream compressed before anyone counts bytes, and build three web streams per
 * call. Here no redirect is followed, no encoding is asked for or undone, the answer's size is bounded, and
 * whether a request was sent is known.
 */
export class Transport {
  readonly #origin: string;
  readonly #pool: Dispatcher;

  constructor({ openPool = openDirectly, ...options }: TransportOptions) {
    this.#origin = options.origin;
    this.#pool = openPool(options.origin, {
      connections: options.maxConnections,
      factory: (origin, clientOptions) => new Connection(origin, clientOptions),
      // One request at a time on a connection: a broken one then takes no other call with it.
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      connect: { timeout: options.connectTimeoutMs },
      // The attempt's own limit covers headers and body; undici's are coarser and start anew with each chunk.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: maxAnswerHeaderBytes,
      maxResponseSize: options.maxAnswerBytes ?? maxAnswerBytes,
    });
  }

  /** Sends the request, as soon as there is a connection for it. */
  send({ method, path, headers, body }: RawRequest): InFlightRequest {
    const inFlight = new InFlightRequest();
    this.#pool.dispatch({ origin: this.#origin, path, method, headers, body }, inFlight);
    return inFlight;
  }

  /** Closes idle connections at once and busy ones as their answers arrive. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

const openDirectly: OpenPool = (origin, options) => new Pool(origin, options);

/** A pooled connection that tells a request whether it is a new one. */
class Connection extends Client {
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof InFlightRequest) handler.reusedConnection = this.stats.connected;
    return super.dispatch(options, handler);
  }
}

/** A request that was handed to the transport, and what is known of it while it runs. */
export class InFlightRequest implements Dispatcher.DispatchHandler {
  /** Whether any byte of the request may have left. */
  sent = false;
  /** Whether the connection was there before the request. */
  reusedConnection = false;
  /** The whole response; rejects with a `TransportError`. */
  readonly response: Promise<RawResponse>;
  readonly #resolve: (response: RawResponse) => void;
  readonly #reject: (error: TransportError) => void;
  readonly #body = new GrowingBuffer();
  #pieces = 0;
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

  /** Ends it at once, as `AbortError`, and closes its connection. */
  abort(): void {
    this.#aborted = new DOMException('the attempt was ended', 'AbortError');
    this.#controller?.abort(this.#aborted);
    // A request that waits for a connection has no controller yet.
    this.#reject(new TransportError(this.sent, this.#aborted.name));
  }

  // Called when a connection takes the request up, before its first byte is written.
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted === undefined) this.sent = true;
    else controller.abort(this.#aborted);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: RawResponse['headers'],
  ): void {
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

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#pieces += 1;
    if (this.#pieces > maxPieces) controller.abort(new TransportError(true, 'TOO_MANY_PIECES'));
    else this.#body.append(piece);
  }

  onResponseEnd(): void {
    this.#resolve({ status: this.#status, headers: this.#headers, text: this.#body.toString() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(new TransportError(this.sent, codeOf(error)));
  }
}
