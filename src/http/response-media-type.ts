import type { IncomingHttpHeaders } from 'node:http';

/**
 * The media type of a refusal in GraphQL's format: GraphQL's own if the client accepts it. With application/json a
 * client may ignore the body of a 4xx or 5xx, since it may come from any proxy (GraphQL over HTTP, 6.4).
 */
export function responseMediaType({ headers }: { headers: IncomingHttpHeaders }): string {
  const type = headers.accept?.includes('application/graphql-response+json')
    ? 'application/graphql-response+json'
    : 'application/json';
  return `${type}; charset=utf-8`;
}
