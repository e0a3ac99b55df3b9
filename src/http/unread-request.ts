import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { httpRefusal } from '../errors/http-refusals.ts';
import { LateRequest } from '../errors/late-request.ts';

/**
 * Answers bytes that became no request, since they are none or did not come in time, and closes: in GraphQL's form,
 * as all else is refused. Left to itself, Fastify answers in one of its own, which no client knows how to repeat.
 */
export function answerUnread(error: Error & { code?: string }, socket: Socket): void {
  // Nobody is there to read it.
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const { status, headers, body } = httpRefusal(refusalOf(error.code), randomUUID());
    const text = JSON.stringify(body);
    const lines = Object.entries({
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    }).map(([name, value]) => `${name}: ${value}`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
  }
  socket.destroy(error);
}

function refusalOf(code: string | undefined): LateRequest | { statusCode: number } {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new LateRequest();
  return { statusCode: code === 'HPE_HEADER_OVERFLOW' ? 431 : 400 };
}
