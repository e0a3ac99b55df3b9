import { GraphQLError, Kind, type OperationDefinitionNode, type ValidationRule } from 'graphql';
import { measureOperation, type OperationMeasure } from './operation-complexity.ts';

/** The maximum size of an operation. graphql-js and Apollo limit tokens and recursion themselves. */
export type OperationLimits = { readonly [Size in keyof OperationMeasure]: number };

const words = {
  rootFields: 'root fields',
  depth: 'levels of fields',
  aliases: 'aliases',
  directives: 'directives',
} as const satisfies Record<keyof OperationMeasure, string>;

/**
 * Refuses operations above `limits` before any field is run. Fragments count at each use, and skipped fields count too.
 * Only for documents that are otherwise valid.
 */
export function operationLimitsRule(limits: OperationLimits): ValidationRule {
  return (context) => ({
    [Kind.OPERATION_DEFINITION](operation: OperationDefinitionNode) {
      const measure = measureOperation(context.getDocument(), operation);
      for (const size of Object.keys(limits) as (keyof OperationMeasure)[]) {
        if (measure[size] <= limits[size]) continue;
        const message = `The operation has ${measure[size]} ${words[size]}; this gateway allows at most ${limits[size]}. Send several smaller operations.`;
        context.reportError(new GraphQLError(message, { nodes: operation }));
      }
      return false;
    },
  });
}

/** Refuses `_service`, which returns the whole schema, as introspection does. */
export const noServiceRule: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value !== '_service' || context.getParentType() !== context.getSchema().getQueryType())
      return;
    context.reportError(
      new GraphQLError('_service is off: the schema is published elsewhere.', { nodes: node }),
    );
  },
});
