import type { Socket } from 'node:net';
import { LateRequest } from '../errors/late-request.ts';
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
export function answerUnread(writer: RefusalWriter) {
  return (error: ClientError, socket: Socket): void => {
    // Nobody is there to read it.
    if (error.code !== 'ECONNRESET' && socket.writable) {
      writer.toSocket(socket, reasonOf(error.code), originIn(error.rawPacket));
    }
    socket.destroy(error);
  };
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
