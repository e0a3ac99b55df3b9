import type { IncomingHttpHeaders } from 'node:http';

/**
 * The media type of a refusal in GraphQL's form: GraphQL's own where the client takes it. With application/json a
 * client may leave the body of a 4xx or 5xx unread, as it may be any proxy's (GraphQL over HTTP, 6.4).
 */
export function responseMediaType({ headers }: { headers: IncomingHttpHeaders }): string {
  const type = headers.accept?.includes('application/graphql-response+json')
    ? 'application/graphql-response+json'
    : 'application/json';
  return `${type}; charset=utf-8`;
}
