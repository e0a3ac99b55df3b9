import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BadRequestError } from '../errors/bad-request-error.ts';
import { completeRefusal } from '../errors/complete-refusal.ts';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { plainRequestOf } from '../prepared/plain-request.ts';
import type { PreparedOperations } from '../prepared/prepared-operations.ts';
import { contextOfReplay } from '../prepared/replay.ts';
import type { Origins } from './cors.ts';
import { MediaTypes } from './media-types.ts';
import { searchOf } from './request-parameters.ts';
import { maxResponseBytes, tooLargeCode, tooLargeResponse } from './response-size.ts';

interface GraphQLRunners {
  readonly apollo: ApolloServer<GraphQLContext>;
  /** Undefined if Apollo Server runs every operation. */
  readonly prepared?: PreparedOperations | undefined;
}

/**
 * Runs a request by its plan, or passes it to Apollo Server, and returns the response. Not Apollo's own integration for
 * Fastify, which builds a whole URL for each request to find a query string that a POST does not have.
 */
export function graphqlHandler(
  { apollo, prepared }: GraphQLRunners,
  origins: Origins,
  contextOf: (request: FastifyRequest, reply: FastifyReply) => GraphQLContext,
) {
  const mediaTypes = new MediaTypes();

  const runByApollo = async (
    request: FastifyRequest,
    reply: FastifyReply,
    context: GraphQLContext,
  ): Promise<string> => {
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
    // Only `@defer` and `@stream` cause chunks, and the schema has neither.
    if (body.kind === 'chunked') throw new Error('a chunked response');
    for (const [name, value] of headers) reply.header(name, value);
    reply.code(status ?? 200);
    return status !== undefined && status >= 400 ? completedRefusal(body.string, context) : body.string;
  };

  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const mediaType = mediaTypes.of(request.headers.accept);
    // Apollo Server would refuse it only after running the operation.
    if (mediaType === undefined) throw BadRequestError.notAcceptable();
    const context = contextOf(request, reply);
    const plain =
      prepared === undefined || request.method !== 'POST'
        ? undefined
        : plainRequestOf(request.body, request.headers);
    const outcome = plain && (await prepared?.run(plain, context));
    let text: string;
    if (outcome === undefined) {
      request.record.operationRan('apollo');
      text = await runByApollo(request, reply, context);
    } else if ('replay' in outcome) {
      request.record.operationRan('replay');
      text = await runByApollo(request, reply, contextOfReplay(context, outcome.replay));
    } else {
      request.record.operationRan('plan');
      reply.header('content-type', mediaType);
      text = outcome.text;
    }
    // There are never more code units than bytes.
    const isTooLarge = text.length > maxResponseBytes || Buffer.byteLength(text) > maxResponseBytes;
    request.record.responseReady(isTooLarge ? tooLargeCode : undefined);
    return isTooLarge ? tooLargeResponse(context.idempotencyKeys, context.requestId) : text;
  };
}

/** Apollo Server refuses a malformed request before its plugins see it, without the request's id. */
function completedRefusal(text: string, context: GraphQLContext): string {
  const response: { errors: { extensions: Record<string, unknown> }[] } = JSON.parse(text);
  for (const { extensions } of response.errors) completeRefusal(extensions, context);
  return `${JSON.stringify(response)}\n`;
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
 * Whether the browser states that an allowed page sent the request, so that it would pass a preflight. No page can set
 * these headers itself (Fetch, "forbidden request-header"). `Accept`, which any page may set, would prove nothing.
 */
function isOfAllowedPage(headers: FastifyRequest['headers'], origins: Origins): boolean {
  return headers.origin === undefined
    ? headers['sec-fetch-site'] === 'same-origin'
    : origins.allows(headers.origin);
}
