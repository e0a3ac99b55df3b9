import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { DocumentRequest, TrustedDocuments } from '../access/trusted-documents.ts';
import { DocumentRefusedError } from '../errors/document-refused-error.ts';
import { LoggedOnce } from './logged-once.ts';
import { searchOf } from './request-parameters.ts';

const maxLoggedDocuments = 1_000;

type Envelope = { -readonly [Name in keyof DocumentRequest]: DocumentRequest[Name] };

/** Replaces the id of a trusted document with its text; refuses or logs untrusted documents. */
export function documentHook(documents: TrustedDocuments) {
  const logged = new LoggedOnce(maxLoggedDocuments);

  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const envelope = envelopeOf(request);
    if (envelope === undefined) {
      done();
      return;
    }
    const judged = documents.judge(envelope);
    switch (judged.verdict) {
      case 'refused':
        done(new DocumentRefusedError(judged.code));
        return;
      case 'untrusted':
        if (judged.hash !== undefined && logged.admits(judged.hash)) {
          request.callLog.warn({ documentHash: judged.hash }, 'ran an untrusted document');
        }
        settle(request, envelope, envelope.query);
        break;
      case 'trusted':
        settle(request, envelope, judged.query);
        break;
    }
    done();
  };
}

/** A request's parameters; undefined if it is not a GraphQL request, which Apollo Server refuses. */
function envelopeOf({ method, body, query }: FastifyRequest): Envelope | undefined {
  if (method === 'POST') {
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : undefined;
  }
  const parameters = query as Record<string, string | string[] | undefined>;
  return { ...parameters, extensions: parseJson(parameters['extensions']) };
}

// The document id has been resolved. If it stayed, Apollo Server would look it up as well.
function settle(request: FastifyRequest, envelope: Envelope, query: unknown): void {
  if (request.method === 'POST') {
    envelope.query = query;
    // Not deleted: deleting a member makes V8 use a slower object layout.
    if (envelope.documentId !== undefined) envelope.documentId = undefined;
    if (typeof envelope.extensions === 'object' && envelope.extensions !== null) {
      envelope.extensions = { ...envelope.extensions, persistedQuery: undefined };
    }
    return;
  }
  const parameters = new URLSearchParams(searchOf(request));
  for (const name of ['query', 'documentId', 'extensions']) parameters.delete(name);
  // Only the judged document is run, however others parse the URL.
  if (typeof query === 'string') parameters.set('query', query);
  // Apollo Server reads a GET request's parameters from its URL.
  request.raw.url = `/graphql?${parameters}`;
}

function parseJson(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
