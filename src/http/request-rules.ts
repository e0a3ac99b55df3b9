import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { BadRequestError } from '../errors/bad-request-error.ts';
import { BoundedRequest } from './bounded-request.ts';
import { HttpError } from './http-error.ts';
import { checkJsonParameter, parseJsonBody } from './json-body.ts';
import { searchOf } from './request-parameters.ts';

// Parsers disagree about all other spellings: browsers send three types across origins without a preflight (Fetch,
// "CORS-safelisted request-header"), and some have treated `application/json;x` as one of them.
const jsonInUtf8 = /^application\/json(; ?charset="?utf-8"?)?$/i;

/** Accepts only JSON, parsed strictly, and nothing compressed, since a small body may decompress to any size. */
export function acceptOnlyJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', ({ raw }, _payload, done) => {
    if (!(raw instanceof BoundedRequest)) throw new Error('a request that is not a BoundedRequest');
    raw.readBody((fault, body = Buffer.alloc(0)) => {
      if (fault !== null) done(fault);
      else finish(() => parseJsonBody(body), done);
    });
  });
  server.addHook('onRequest', ({ headers, method }: FastifyRequest, _reply, done) => {
    const { 'content-type': type, 'content-encoding': encoding } = headers;
    const isEncoded = encoding !== undefined && encoding.trim().toLowerCase() !== 'identity';
    const isFit = !isEncoded && (method !== 'POST' || jsonInUtf8.test(type ?? ''));
    done(isFit ? undefined : new HttpError(415));
  });
}

function finish(read: () => unknown, done: (fault: Error | null, body?: unknown) => void): void {
  let body: unknown;
  try {
    body = read();
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, body);
}

/**
 * Refuses documents above the length limit before anything parses them, by POST and GET. Also refuses lone surrogates:
 * documents are cached and trusted by the hash of their UTF-8 form, in which every lone surrogate is U+FFFD.
 */
export function limitDocuments(maxBytes: number) {
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const parameters = request.method === 'POST' ? request.body : request.query;
    const query = (parameters as { query?: unknown } | null | undefined)?.query;
    if (typeof query !== 'string') done();
    else if (Buffer.byteLength(query) > maxBytes) done(new HttpError(413));
    else done(query.isWellFormed() ? undefined : BadRequestError.malformedDocument());
  };
}

/** Reads the JSON in a URL as strictly as a body, since Apollo Server does not. */
export function checkJsonInUrl(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  if (request.method === 'POST') {
    done();
    return;
  }
  const check = (): void => {
    // As Apollo Server reads them.
    const parameters = new URLSearchParams(searchOf(request));
    for (const name of ['variables', 'extensions']) parameters.getAll(name).forEach(checkJsonParameter);
  };
  finish(check, (fault) => done(fault ?? undefined));
}

/** For a browser that opens a response: it must not load anything, or be framed, sniffed or cached. */
export function sendSecurityHeaders(
  _request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  reply.headers(securityHeaders);
  done();
}

/** Sent with each response. */
export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  // On every path, since a refusal's media type depends on it.
  vary: 'Accept',
  'x-content-type-options': 'nosniff',
};
