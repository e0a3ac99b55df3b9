import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { ErrorCode } from '../errors/error-codes.ts';
import { requireScope } from './authorization.ts';
import type { EntityLoader } from './graph-module.ts';
import type { GraphQLContext } from './graphql-context.ts';

/** Loaders by entity type. */
type EntityLoaders = ReadonlyMap<unknown, EntityLoader>;

/**
 * Resolves `_entities` for routers, instead of the subgraph library's resolver, which throws on the first invalid
 * representation, quotes it, and so fails all the others. Here each one fails alone. The cost limit bounds how many an
 * operation may request, before any of it runs.
 */
export function resolveEntitiesOf(schema: GraphQLSchema, loaders: EntityLoaders): void {
  const field = schema.getQueryType()?.getFields()['_entities'];
  if (field === undefined) throw new Error('a subgraph without _entities');
  field.resolve = (_source, args: { representations: readonly unknown[] }, context: GraphQLContext) => {
    // The subgraph library's field has no decorator for the scope.
    requireScope(context.permissions, 'evaluations:read');
    // An Error in the list fails only its item (graphql-js, `completeValue`).
    return args.representations.map((representation) => resolve(representation, loaders, context));
  };
}

function resolve(
  representation: unknown,
  loaders: EntityLoaders,
  context: GraphQLContext,
): Promise<object | null> | GraphQLError {
  const { __typename, id }: { __typename?: unknown; id?: unknown } = isObject(representation)
    ? representation
    : {};
  const load = loaders.get(__typename);
  if (load === undefined) {
    return refusal(
      `an entry is not a ${[...loaders.keys()].join(' or ')}, the only type that this subgraph resolves.`,
    );
  }
  if (typeof id !== 'string') return refusal(`a ${__typename} is identified by its id, a string.`);
  return load(id, context).then((entity) => entity && { ...entity, __typename });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

// The error's path says which item it is.
function refusal(rule: string): GraphQLError {
  return new GraphQLError(`representations: ${rule}`, {
    extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode, retryable: false, effect: 'NONE' },
  });
}
