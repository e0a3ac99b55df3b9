import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import type { Origins } from './cors.ts';
import { searchOf } from './request-parameters.ts';
import { insteadOfTooLarge, maxAnswerBytes } from './response-size.ts';

/**
 * Passes a request to Apollo Server and returns its response. Not Apollo's own integration for Fastify: that builds a URL
 * for each request, host and all, to find a query string that a POST does not have.
 */
export function graphqlHandler(
  apollo: ApolloServer<GraphQLContext>,
  origins: Origins,
  contextOf: (request: FastifyRequest, reply: FastifyReply) => GraphQLContext,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const context = contextOf(request, reply);
    const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        // Answered as GET is, without the body (RFC 9110, 9.3.2).
        method: request.method === 'HEAD' ? 'GET' : request.method,
        headers: headerMapOf(request, origins),
        search: searchOf(request),
        body: request.body,
      },
      context: async () => context,
    });
    // Only `@defer` and `@stream` bring these, which the schema does not have.
    if (body.kind === 'chunked') throw new Error('an answer in chunks');
    for (const [name, value] of headers) reply.header(name, value);
    reply.code(status ?? 200);
    const { string } = body;
    // There are never more code units than bytes.
    const isTooLarge = string.length > maxAnswerBytes || Buffer.byteLength(string) > maxAnswerBytes;
    return isTooLarge ? insteadOfTooLarge(context.idempotencyKeys, context.requestId) : string;
  };
}

function headerMapOf({ headers, method }: FastifyRequest, origins: Origins): HeaderMap {
  const map = new HeaderMap();
  if (method !== 'POST' && isOfAllowedPage(headers, origins)) map.set('apollo-require-preflight', 'true');
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}

/**
 * Whether a browser says that a page sent the request which may: it would have passed a preflight. No page can set
 * these headers itself (Fetch, "forbidden request-header"). `Accept`, which any page may set, would prove nothing.
 */
function isOfAllowedPage(headers: FastifyRequest['headers'], origins: Origins): boolean {
  return headers.origin === undefined
    ? headers['sec-fetch-site'] === 'same-origin'
    : origins.allows(headers.origin);
}
