import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { parseJsonBody } from './json-body.ts';

/** A request whose form alone tells that it is not for us. */
export class UnfitRequest extends Error {
  override readonly name = 'UnfitRequest';
  readonly statusCode: number;

  constructor(statusCode: number) {
    super();
    this.statusCode = statusCode;
  }
}

// Everything else, however close, is a type that some reader takes for another: browsers send three types across
// origins without asking (Fetch, "CORS-safelisted request-header"), and `application/json;x` has passed for one.
const jsonInUtf8 = /^application\/json(; ?charset="?utf-8"?)?$/i;

declare module 'fastify' {
  interface FastifyRequest {
    /** The length of the body, once it has been read. */
    bodyBytes: number;
  }
}

/** Takes JSON only, strictly; nothing compressed, since a small body may inflate to any size. */
export function takeOnlyJson(server: FastifyInstance): void {
  server.decorateRequest('bodyBytes', 0);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    request.bodyBytes = body.length;
    try {
      done(null, parseJsonBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
  server.addHook('onRequest', ({ headers, method }: FastifyRequest, _reply, done) => {
    const { 'content-type': type, 'content-encoding': encoding } = headers;
    const isEncoded = encoding !== undefined && encoding.trim().toLowerCase() !== 'identity';
    const isFit = !isEncoded && (method !== 'POST' || jsonInUtf8.test(type ?? ''));
    done(isFit ? undefined : new UnfitRequest(415));
  });
}

/** Refuses documents longer than so many bytes before anything reads them, however they are sent. */
export function limitDocuments(maxBytes: number) {
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const parameters = request.method === 'POST' ? request.body : request.query;
    const query = (parameters as { query?: unknown } | null | undefined)?.query;
    const isTooLong = typeof query === 'string' && Buffer.byteLength(query) > maxBytes;
    done(isTooLong ? new UnfitRequest(413) : undefined);
  };
}

/** For whatever is shown in a browser: nothing may be loaded, framed, guessed or kept. */
export function sendSecurityHeaders(
  _request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  reply.headers(securityHeaders);
  done();
}

/** Sent with each answer. */
export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  // Of any path: a refusal's media type follows from it.
  vary: 'Accept',
  'x-content-type-options': 'nosniff',
};
