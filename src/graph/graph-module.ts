import type { GraphQLTypeResolver } from 'graphql';
import type { GraphQLContext } from './graphql-context.ts';

/** What a folder of the graph, such as `customer-evaluation/`, adds to it. */
export interface GraphModule {
  /** Decorated for type-graphql. */
  readonly resolver: new (
    ...dependencies: never[]
  ) => object;
  /** The instance that resolves; undefined where the schema is only printed. */
  readonly instance: object | undefined;
  /** The types of `_Entity`, by name, and how each is found by its id; undefined for one that is only referred to. */
  readonly entities: Readonly<Record<string, EntityLoader | undefined>>;
  /** The member of each union that a value is, by the union's name. */
  // biome-ignore lint/suspicious/noExplicitAny: graphql-js types no value
  readonly unions: Readonly<Record<string, GraphQLTypeResolver<any, GraphQLContext>>>;
  /** The upstream calls of a root field, where one of its objects may lead to more than one call. */
  readonly callsOf: Readonly<Record<string, (context: GraphQLContext) => number>>;
}

/** Finds an entity by its id; null where there is none. */
export type EntityLoader = (id: string, context: GraphQLContext) => Promise<object | null>;
