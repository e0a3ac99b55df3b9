import type { GraphQLTypeResolver } from 'graphql';
import type { GraphQLContext } from './graphql-context.ts';

/** The contribution of a feature's folder, such as `customer-evaluation/`, to the graph. */
export interface GraphModule {
  /** A class decorated for type-graphql. */
  readonly resolver: new (
    ...dependencies: never[]
  ) => object;
  /** The resolver's instance; undefined if the schema is only printed. */
  readonly instance: object | undefined;
  /** The loaders of the entity types in `_Entity`; undefined for a type that is only referenced. */
  readonly entities: Readonly<Record<string, EntityLoader | undefined>>;
  /** Type resolvers by union. */
  // biome-ignore lint/suspicious/noExplicitAny: graphql-js types no value
  readonly unions: Readonly<Record<string, GraphQLTypeResolver<any, GraphQLContext>>>;
  /** The upstream calls per object of a root field, if more than one. */
  readonly callsOf: Readonly<Record<string, (context: GraphQLContext) => number>>;
}

/** Loads an entity by its id; null if there is none. */
export type EntityLoader = (id: string, context: GraphQLContext) => Promise<object | null>;
