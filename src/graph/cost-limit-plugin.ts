import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { GraphModule } from './graph-module.ts';
import type { GraphQLContext } from './graphql-context.ts';
import { costOf } from './operation-cost.ts';

/**
 * Charges each operation to its caller, by the upstream calls that it may lead to, before the first of them. Refuses
 * one that may lead to more than `maxCost`. The request itself has paid for one call: see `chargeRequest`.
 */
export function costLimitPlugin(
  maxCost: number,
  callsOf: GraphModule['callsOf'],
): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ contextValue, document, operation, request }) => {
        if (operation === undefined) return;
        const cost = costOf(
          document,
          operation,
          request.variables,
          (field) => callsOf[field]?.(contextValue) ?? 1,
        );
        if (cost > maxCost) throw tooCostly(cost, maxCost);
        if (cost > 1) await contextValue.charge(cost - 1);
      },
    }),
  };
}

function tooCostly(cost: number, maxCost: number): GraphQLError {
  const message = `The operation asks for ${cost} objects; this gateway takes at most ${maxCost} at a time.`;
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } });
}
