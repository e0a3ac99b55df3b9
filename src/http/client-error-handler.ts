import type { Socket } from 'node:net';
import { RequestTimeoutError } from '../errors/request-timeout-error.ts';
import { BoundedRequest } from './bounded-request.ts';
import { lingerOnClose } from './close-gently.ts';
import type { Exchange, Exchanges } from './exchanges.ts';
import type { RefusalReason, RefusalWriter } from './refusal-writer.ts';

/** Node's error for bytes that its HTTP parser rejects. */
export interface ClientError extends Error {
  readonly code?: string | undefined;
  /** The bytes read last. */
  readonly rawPacket?: unknown;
}

/**
 * Responds to bytes that are not a valid request or did not arrive in time, and closes the connection. The response has
 * GraphQL's format, like all other errors; Fastify's own would not tell clients how to retry.
 *
 * A client reads the next response as the one to its oldest request. So while a request is in progress, its own
 * response is sent, and the connection is then closed without reporting the error: otherwise a running mutation would
 * get `effect: NONE`.
 */
export function handleClientError(writer: RefusalWriter, exchanges: Exchanges) {
  return (error: ClientError, socket: Socket): void => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && refuseLateBody(exchanges.newest(socket))) return;
    // The client is gone.
    const isGone = error.code === 'ECONNRESET' || !socket.writable;
    const last = exchanges.inFlight(socket).at(-1);
    if (last !== undefined && !isGone) {
      closeAfter(last, socket);
      return;
    }
    if (!isGone && !exchanges.isAnsweredEarly(socket)) {
      writer.toSocket(socket, reasonOf(error.code), originIn(error.rawPacket));
    }
    socket.destroy(error);
  };
}

/**
 * Refuses a request whose body did not arrive in time, through Fastify, which has the request's id, origin and record.
 * Returns false if the body is not awaited.
 */
function refuseLateBody(exchange: Exchange | undefined): boolean {
  if (exchange === undefined || exchange.response.headersSent) return false;
  const { request, response } = exchange;
  if (!(request instanceof BoundedRequest) || !request.isBodyAwaited) return false;
  // Node then closes the connection after the response.
  response.shouldKeepAlive = false;
  request.refuseBody(new RequestTimeoutError());
  return true;
}

/** Closes a connection after the response to the request in progress, and reads nothing more from it. */
export function closeAfter({ response }: Exchange, socket: Socket): void {
  socket.pause();
  lingerOnClose(socket);
  // If the headers have been sent, they did not announce the close.
  if (response.headersSent) response.once('close', () => socket.destroySoon());
  else response.shouldKeepAlive = false;
}

function reasonOf(code: string | undefined): RefusalReason {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimeoutError();
  return { statusCode: code === 'HPE_HEADER_OVERFLOW' ? 431 : 400 };
}

/** The origin of a request whose headers were not read completely. */
function originIn(bytes: unknown): string | undefined {
  const text = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : '';
  return /\r\norigin:[ \t]*([!-~]{1,300})[ \t]*\r\n/i.exec(text)?.[1];
}
