import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';

/**
 * Refuses operations of a type that the schema does not have, such as subscriptions. graphql-js 16 refuses them only
 * during execution, without a code; 17 has this rule.
 */
export function knownOperationTypesRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      context.reportError(
        new GraphQLError(`This gateway has no ${node.operation} operations.`, { nodes: [node] }),
      );
    },
  };
}
