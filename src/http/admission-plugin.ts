import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { costOf } from '../access/operation-measure.ts';
import type { CallContext } from '../customer-evaluation/call-context.ts';

/**
 * Counts each operation for its caller, by the upstream calls that it may lead to, before any is made. Refuses one
 * that may lead to more than `maxCost`.
 */
export function admissionPlugin(maxCost: number): ApolloServerPlugin<CallContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ contextValue, document, operation, request }) => {
        if (operation === undefined) return;
        const cost = costOf(document, operation, request.variables);
        if (cost > maxCost) throw tooCostly(cost, maxCost);
        await contextValue.charge(cost);
      },
    }),
  };
}

function tooCostly(cost: number, maxCost: number): GraphQLError {
  const message = `The operation asks for ${cost} objects; this gateway takes at most ${maxCost} at a time.`;
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } });
}
