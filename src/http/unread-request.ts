import type { Socket } from 'node:net';
import { LateRequest } from '../errors/late-request.ts';
import type { Exchange, LatestExchanges } from './latest-exchange.ts';
import type { RefusalReason, RefusalWriter } from './refusal-writer.ts';

/** What Node hands over with bytes that its parser refuses. */
export interface ClientError extends Error {
  readonly code?: string | undefined;
  /** The bytes that were read last. */
  readonly rawPacket?: unknown;
}

/**
 * Answers bytes that became no request, since they are none or did not come in time, and closes: in GraphQL's form,
 * as all else is refused. Left to itself, Fastify answers in one of its own, which no client knows how to repeat.
 */
export function answerUnread(writer: RefusalWriter, exchanges: LatestExchanges) {
  return (error: ClientError, socket: Socket): void => {
    const exchange = exchanges.unanswered(socket);
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && exchange !== undefined && refuseLateBody(exchange))
      return;
    // Nobody is there to read it.
    if (error.code !== 'ECONNRESET' && socket.writable) {
      writer.toSocket(socket, reasonOf(error.code), originIn(error.rawPacket));
    }
    socket.destroy(error);
  };
}

/**
 * Refuses a request whose head came in time and whose body did not, by the way of all that Fastify has: it knows the
 * request's id, its page and its record. Answers false where nobody waits for the body.
 */
function refuseLateBody({ request, response }: Exchange): boolean {
  if (request.complete || response.headersSent || request.listenerCount('error') === 0) return false;
  // Node then ends the connection behind the answer.
  response.shouldKeepAlive = false;
  request.emit('error', new LateRequest());
  return true;
}

function reasonOf(code: string | undefined): RefusalReason {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new LateRequest();
  return { statusCode: code === 'HPE_HEADER_OVERFLOW' ? 431 : 400 };
}

/** The page that sent a request whose headers were not read to their end. */
function originIn(bytes: unknown): string | undefined {
  const text = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : '';
  return /\r\norigin:[ \t]*([!-~]{1,300})[ \t]*\r\n/i.exec(text)?.[1];
}
