import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { CustomerEvaluation } from '../customer-evaluation/customer-evaluation.type.ts';
import { requireScope } from './authorization.ts';
import type { CallContext } from './graphql-context.ts';

type Entity = CustomerEvaluation & { readonly __typename: 'CustomerEvaluation' };

/**
 * Resolves what routers ask of `_entities`, in place of the subgraph library's own resolver: that one throws on
 * the first representation it can't read, quotes it, and so takes all the others with it. Here each answers for
 * itself. How many one operation may ask for is the cost limit's to say, before any of it runs.
 */
export function resolveEntitiesOf(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()['_entities'];
  if (field === undefined) throw new Error('a subgraph without _entities');
  field.resolve = (_source, args: { representations: readonly unknown[] }, context: CallContext) => {
    // The subgraph library's own field has no decorator to say it.
    requireScope(context.rights, 'evaluations:read');
    // An Error among the items is that item's alone (graphql-js, `completeValue`).
    return args.representations.map((representation) => resolve(representation, context));
  };
}

function resolve(representation: unknown, context: CallContext): Promise<Entity | null> | GraphQLError {
  if (!isObject(representation) || representation['__typename'] !== 'CustomerEvaluation') {
    return refusal('one of them is no CustomerEvaluation, which is all that this subgraph resolves.');
  }
  const { id } = representation;
  if (typeof id !== 'string') return refusal('a CustomerEvaluation is identified by its id, a string.');
  return context.evaluations
    .load(id)
    .then((evaluation) => evaluation && { ...evaluation, __typename: 'CustomerEvaluation' });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

// The item's place stands in the error's own path.
function refusal(rule: string): GraphQLError {
  return new GraphQLError(`representations: ${rule}`, {
    extensions: { code: 'BAD_USER_INPUT', retryable: false, effect: 'NONE' },
  });
}
