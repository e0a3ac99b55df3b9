import type { ApolloServerPlugin } from '@apollo/server';
import { type DocumentNode, GraphQLError, type OperationDefinitionNode } from 'graphql';
import type { ErrorCode } from '../errors/error-codes.ts';
import type { GraphModule } from './graph-module.ts';
import type { GraphQLContext } from './graphql-context.ts';
import { costOf } from './operation-cost.ts';

/** How many upstream calls an operation may cause for a caller. */
export type OperationCost = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | undefined,
  context: GraphQLContext,
) => number;

/** Computes it from the modules' `callsOf`. */
export function costIn(modules: readonly GraphModule[]): OperationCost {
  const callsOf: GraphModule['callsOf'] = Object.assign({}, ...modules.map((module) => module.callsOf));
  return (document, operation, variables, context) =>
    costOf(document, operation, variables, (field) => callsOf[field]?.(context) ?? 1);
}

/**
 * Charges each operation's possible upstream calls to its caller, before the first of them. Refuses operations that may
 * cause more than `maxCost` calls. One call has already been charged for the request: see `chargeRequest`.
 */
export function costLimitPlugin(
  maxCost: number,
  costOfOperation: OperationCost,
): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ contextValue, document, operation, request }) => {
        if (operation === undefined) return;
        const cost = costOfOperation(document, operation, request.variables, contextValue);
        if (cost > maxCost) throw tooCostly(cost, maxCost);
        if (cost > 1) await contextValue.charge(cost - 1);
      },
    }),
  };
}

function tooCostly(cost: number, maxCost: number): GraphQLError {
  const message = `The operation may cause ${cost} calls to Stripe; this gateway allows at most ${maxCost}.`;
  return new GraphQLError(message, {
    extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode, http: { status: 400 } },
  });
}
