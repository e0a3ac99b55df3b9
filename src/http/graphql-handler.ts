import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallContext } from '../customer-evaluation/call-context.ts';

/**
 * Hands a request to Apollo Server, and its answer back. Not Apollo's own integration for Fastify: that builds a URL
 * for each request, host and all, to find a query string that a POST does not have.
 */
export function graphqlHandler(
  apollo: ApolloServer<CallContext>,
  contextOf: (request: FastifyRequest, reply: FastifyReply) => CallContext,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers: headerMapOf(request),
        search: searchOf(request),
        body: request.body,
      },
      context: async () => contextOf(request, reply),
    });
    // Only `@defer` and `@stream` bring these, which the schema does not have.
    if (body.kind === 'chunked') throw new Error('an answer in chunks');
    for (const [name, value] of headers) reply.header(name, value);
    reply.code(status ?? 200);
    return body.string;
  };
}

function headerMapOf({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}

function searchOf({ url }: FastifyRequest): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}
