import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import type { GraphQLContext } from '../graph/graphql-context.ts';

/** What an operation did before its plan bailed out. Apollo Server reuses it, so that nothing is done twice. */
export interface Replay {
  /** Why the charge was refused; undefined if it was accepted. */
  readonly chargeRefusal?: unknown;
  /** Returns the root field's value, or throws its error. */
  readonly root?: () => unknown;
}

const replay = Symbol('replay');

type ReplayContext = GraphQLContext & { readonly [replay]?: Replay };

/** The context for Apollo Server to run an operation that has already been charged, and perhaps called. */
export function contextOfReplay(context: GraphQLContext, brought: Replay): GraphQLContext {
  const { chargeRefusal } = brought;
  // Copied as Apollo Server copies it.
  return Object.assign(Object.create(Object.getPrototypeOf(context)), context, {
    charge: () => (chargeRefusal === undefined ? Promise.resolve() : Promise.reject(chargeRefusal)),
    [replay]: brought,
  });
}

/** Makes the root fields of an executable schema return the result of a call that was already made. */
export function allowReplays(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    if (type != null) allowReplaysOf(type);
  }
}

function allowReplaysOf(type: GraphQLObjectType<unknown, ReplayContext>): void {
  for (const field of Object.values(type.getFields())) {
    const { resolve } = field;
    if (resolve === undefined) continue;
    field.resolve = (source, args, context, info) => {
      const root = context[replay]?.root;
      return root === undefined ? resolve(source, args, context, info) : root();
    };
  }
}
