import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { ErrorCode } from '../errors/error-codes.ts';
import { requireScope } from './authorization.ts';
import type { EntityLoader } from './graph-module.ts';
import type { GraphQLContext } from './graphql-context.ts';

/** Entities that can be loaded, by the name of their type. */
type EntityLoaders = ReadonlyMap<unknown, EntityLoader>;

/**
 * Resolves what routers ask of `_entities`, in place of the subgraph library's own resolver: that one throws on
 * the first representation it can't read, quotes it, and so takes all the others with it. Here each answers for
 * itself. How many one operation may ask for is the cost limit's to say, before any of it runs.
 */
export function resolveEntitiesOf(schema: GraphQLSchema, loaders: EntityLoaders): void {
  const field = schema.getQueryType()?.getFields()['_entities'];
  if (field === undefined) throw new Error('a subgraph without _entities');
  field.resolve = (_source, args: { representations: readonly unknown[] }, context: GraphQLContext) => {
    // The subgraph library's own field has no decorator to say it.
    requireScope(context.permissions, 'evaluations:read');
    // An Error among the items is that item's alone (graphql-js, `completeValue`).
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
      `one of them is no ${[...loaders.keys()].join(' or ')}, which is all that this subgraph resolves.`,
    );
  }
  if (typeof id !== 'string') return refusal(`a ${__typename} is identified by its id, a string.`);
  return load(id, context).then((entity) => entity && { ...entity, __typename });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

// The item's place stands in the error's own path.
function refusal(rule: string): GraphQLError {
  return new GraphQLError(`representations: ${rule}`, {
    extensions: { code: 'BAD_USER_INPUT' satisfies ErrorCode, retryable: false, effect: 'NONE' },
  });
}
