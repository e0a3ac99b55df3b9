import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { describeError } from '../errors/describe-error.ts';
import { httpRefusal } from '../errors/http-refusals.ts';
import type { UnrecordedRequest } from '../telemetry/request-hooks.ts';
import { BoundedLog } from './bounded-log.ts';
import { BoundedRequest } from './bounded-request.ts';
import type { Origins } from './cors.ts';
import { requestIdOf } from './request-id.ts';
import { securityHeaders } from './request-rules.ts';
import { responseMediaType } from './response-media-type.ts';
import { bytesOf, type SlowReaders } from './slow-readers.ts';

/** Why a request is refused: a `GatewayError`, an error with a status, or a bug. */
export type RefusalReason =
  | (Error & { readonly statusCode?: number | undefined })
  | { readonly statusCode: number };

export interface RefusalWriterOptions {
  /** Whether a response should close its connection, as during the drain. */
  readonly closesAfter: (request: IncomingMessage) => boolean;
  readonly origins: Origins;
  readonly slowReaders: SlowReaders;
  readonly record: (request: UnrecordedRequest) => void;
  readonly log: Logger;
}

/**
 * Refuses requests before they reach Fastify, in GraphQL's format and with the same headers as Fastify's responses:
 * shed load, invalid HTTP, an invalid host or URL. Each one is counted, and logged up to a limit.
 */
export class RefusalWriter {
  readonly #options: RefusalWriterOptions;
  readonly #log: BoundedLog;

  constructor(options: RefusalWriterOptions) {
    this.#options = options;
    this.#log = new BoundedLog(options.log);
  }

  /** Counts a request that ended before it reached Fastify. */
  record(request: UnrecordedRequest): void {
    this.#options.record(request);
  }

  /** Refuses a request. `isLogged` is false for refusals that are too frequent to log. */
  toResponse(
    request: IncomingMessage,
    response: ServerResponse,
    reason: RefusalReason,
    { receivedAt, isLogged = true }: { receivedAt?: number | undefined; isLogged?: boolean } = {},
  ): void {
    // A bug after the response has started: its status can no longer change.
    if (response.headersSent) {
      this.#tell(reason, { requestId: requestIdOf(request), status: 500, isLogged: true });
      response.destroy();
      return;
    }
    const { headers, method, url } = request;
    const requestId = requestIdOf(request);
    const { status, head, text } = this.#answer(
      reason,
      requestId,
      headers.origin,
      responseMediaType(request),
    );
    // If part of the body is unread, the connection is closed after the response.
    const isCut = request instanceof BoundedRequest && request.discardUnreadBody(true);
    const close = isCut || this.#options.closesAfter(request) ? { connection: 'close' } : {};
    this.#options.slowReaders.watch(response, bytesOf(text));
    response.writeHead(status, { ...head, ...close });
    response.end(method === 'HEAD' ? undefined : text);
    this.#tell(reason, { requestId, status, isLogged });
    this.#options.record({ url, method, status, error: reason, receivedAt });
  }

  /** Refuses bytes that are not a request, with `Connection: close`. */
  toSocket(socket: Duplex, reason: RefusalReason, origin?: string): void {
    const requestId = randomUUID();
    const answer = this.#answer(reason, requestId, origin, 'application/json; charset=utf-8');
    const { status, text } = answer;
    const lines = Object.entries({ ...answer.head, connection: 'close' }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
    this.#tell(reason, { requestId, status, isLogged: true });
    this.#options.record({ status, error: reason });
  }

  #answer(reason: RefusalReason, requestId: string, origin: string | undefined, type: string) {
    const { status, headers, body } = httpRefusal(reason, requestId);
    const text = JSON.stringify(body);
    const head: Readonly<Record<string, string | number>> = {
      'x-request-id': requestId,
      ...securityHeaders,
      ...this.#options.origins.headersFor(origin),
      ...headers,
      'content-type': type,
      'content-length': Buffer.byteLength(text),
    };
    return { status, head, text };
  }

  #tell(
    reason: RefusalReason,
    { requestId, status, isLogged }: { requestId: string; status: number; isLogged: boolean },
  ): void {
    if (status === 500)
      this.#options.log.error({ requestId, ...describeError(reason) }, 'unhandled error in a request');
    else if (isLogged) this.#log.info({ requestId, status }, 'request refused');
  }
}
