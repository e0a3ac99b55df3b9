import { type ApolloServer, type GraphQLResponse, HeaderMap } from '@apollo/server';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { RequestRecord } from '../telemetry/request-record.ts';

/** Each adds a few milliseconds to startup. */
const maxDocuments = 200;

const checking = Symbol('checking');
const noOperation = 'OPERATION_RESOLUTION_FAILURE';

/**
 * Makes Apollo Server parse and validate documents as it does for requests, without running them. Returns those that it
 * refuses: the schema or the limits have changed since they were written.
 */
export async function checkDocuments(
  apollo: ApolloServer<GraphQLContext>,
  sources: Iterable<string>,
): Promise<string[]> {
  const refused: string[] = [];
  let left = maxDocuments;
  for (const query of sources) {
    if (left === 0) break;
    left -= 1;
    const { body } = await apollo.executeOperation({ query }, { contextValue: contextOfCheck() });
    const errors = body.kind === 'single' ? body.singleResult.errors : undefined;
    // Of several operations, a request names one.
    if (errors?.some(({ extensions }) => extensions?.['code'] !== noOperation)) refused.push(query);
  }
  return refused;
}

/** The response to an operation that is only checked; null for any other operation. */
export function answerIfOnlyChecked(context: GraphQLContext): GraphQLResponse | null {
  if (!(checking in context)) return null;
  return {
    http: { headers: new HeaderMap() },
    body: { kind: 'single', singleResult: { data: null } },
  };
}

// There is no caller: this context has only what plugins read before execution, and its record is discarded.
function contextOfCheck(): GraphQLContext {
  const context: Pick<GraphQLContext, 'requestId' | 'permissions' | 'charge' | 'observer'> = {
    requestId: 'none',
    permissions: { may: () => false, customer: { kind: 'any' } },
    charge: () => Promise.resolve(),
    observer: new RequestRecord(undefined, undefined),
  };
  return { ...context, [checking]: true } as unknown as GraphQLContext;
}
