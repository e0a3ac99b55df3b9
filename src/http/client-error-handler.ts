import type { Socket } from 'node:net';
import { RequestTimeoutError } from '../errors/request-timeout-error.ts';
import { BoundedRequest } from './bounded-request.ts';
import { closeGently } from './close-gently.ts';
import type { Exchange, Exchanges } from './exchanges.ts';
import type { RefusalReason, RefusalWriter } from './refusal-writer.ts';

/** Node's error for bytes that its HTTP parser refuses. */
export interface ClientError extends Error {
  readonly code?: string | undefined;
  /** The bytes that were read last. */
  readonly rawPacket?: unknown;
}

/**
 * Responds to bytes that are not a valid request or did not arrive in time, and closes: in GraphQL's form,
 * like all other errors. Fastify's own format would not tell clients how to retry.
 *
 * A client takes what it reads for the answer to its oldest request. While one is under way, its own answer is
 * awaited, and the connection then closed without a word of the rest: a mutation would else be told `effect: NONE`.
 */
export function handleClientError(writer: RefusalWriter, exchanges: Exchanges) {
  return (error: ClientError, socket: Socket): void => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && refuseLateBody(exchanges.newest(socket))) return;
    // Nobody is there to read it.
    const isGone = error.code === 'ECONNRESET' || !socket.writable;
    const last = exchanges.underWay(socket).at(-1);
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
 * Refuses a request whose head came in time and whose body did not, by the way of all that Fastify has: it knows the
 * request's id, its page and its record. Answers false where nobody waits for the body.
 */
function refuseLateBody(exchange: Exchange | undefined): boolean {
  if (exchange === undefined || exchange.response.headersSent) return false;
  const { request, response } = exchange;
  if (!(request instanceof BoundedRequest) || !request.isBodyAwaited) return false;
  // Node then ends the connection behind the answer.
  response.shouldKeepAlive = false;
  request.refuseBody(new RequestTimeoutError());
  return true;
}

/** Closes a connection after the response to the request in progress, and reads no more of it. */
export function closeAfter({ response }: Exchange, socket: Socket): void {
  socket.pause();
  closeGently(socket);
  // Where the head is out already, it did not say so.
  if (response.headersSent) response.once('close', () => socket.destroySoon());
  else response.shouldKeepAlive = false;
}

function reasonOf(code: string | undefined): RefusalReason {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimeoutError();
  return { statusCode: code === 'HPE_HEADER_OVERFLOW' ? 431 : 400 };
}

/** The page that sent a request whose headers were not read to their end. */
function originIn(bytes: unknown): string | undefined {
  const text = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : '';
  return /\r\norigin:[ \t]*([!-~]{1,300})[ \t]*\r\n/i.exec(text)?.[1];
}
