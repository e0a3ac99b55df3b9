import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import type { GraphQLContext } from '../graph/graphql-context.ts';

/** What an operation has come to before its plan gave up. Apollo Server runs it with that: nothing is done twice. */
export interface Replay {
  /** Why the charge was refused; undefined where it stands. */
  readonly chargeRefusal?: unknown;
  /** Answers what the call of the root field has brought: the value, or what was thrown. */
  readonly root?: () => unknown;
}

const replay = Symbol('replay');

type ReplayContext = GraphQLContext & { readonly [replay]?: Replay };

/** The context under which Apollo Server runs an operation that has been charged, and perhaps called, already. */
export function contextOfReplay(context: GraphQLContext, brought: Replay): GraphQLContext {
  const { chargeRefusal } = brought;
  // As Apollo Server copies it.
  return Object.assign(Object.create(Object.getPrototypeOf(context)), context, {
    charge: () => (chargeRefusal === undefined ? Promise.resolve() : Promise.reject(chargeRefusal)),
    [replay]: brought,
  });
}

/** Lets the root fields of an executable schema answer what a call has already brought. */
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
