import { type ApolloServer, type GraphQLResponse, HeaderMap } from '@apollo/server';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { RequestRecord } from '../telemetry/request-record.ts';

/** A few milliseconds each, which a start has to wait for. */
const maxDocuments = 200;

const checking = Symbol('checking');

/** Has Apollo Server parse and validate documents as it would those of requests, and run none of them. */
export async function checkDocuments(
  apollo: ApolloServer<GraphQLContext>,
  sources: Iterable<string>,
): Promise<void> {
  let left = maxDocuments;
  for (const query of sources) {
    if (left === 0) return;
    left -= 1;
    await apollo.executeOperation({ query }, { contextValue: contextOfCheck() });
  }
}

/** The answer to an operation that is only checked; null for any other, which is to be run. */
export function answerIfOnlyChecked(context: GraphQLContext): GraphQLResponse | null {
  if (!(checking in context)) return null;
  return {
    http: { headers: new HeaderMap() },
    body: { kind: 'single', singleResult: { data: null } },
  };
}

// Nobody calls: what plugins look at before anything is run is all that there is. The record tells nobody.
function contextOfCheck(): GraphQLContext {
  const context: Pick<GraphQLContext, 'requestId' | 'permissions' | 'charge' | 'observer'> = {
    requestId: 'none',
    permissions: { may: () => false, customer: { kind: 'any' } },
    charge: () => Promise.resolve(),
    observer: new RequestRecord(undefined, undefined),
  };
  return { ...context, [checking]: true } as unknown as GraphQLContext;
}
