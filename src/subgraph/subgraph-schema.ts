import 'reflect-metadata';
import { buildSubgraphSchema, type GraphQLResolverMap, printSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import { buildSchemaSync, createResolversMap, type ResolverData } from 'type-graphql';
import type { CallContext } from '../customer-evaluation/call-context.ts';
import { CustomerEvaluationResolver } from '../customer-evaluation/customer-evaluation.resolver.ts';
import { requireScope } from '../customer-evaluation/rights.ts';
import { typenameOfSignals } from '../customer-evaluation/signals.union.ts';
import { resolveEntitiesOf } from './entities.ts';

// What a subgraph's own SDL must say of itself. The definition of `@oneOf` stands in it because Apollo's
// composition refuses a directive that it does not know (2.14: `Unknown directive "@oneOf"`).
const preamble = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@cost", "@listSize"])

directive @oneOf on INPUT_OBJECT
`;

export interface Subgraph {
  readonly schema: GraphQLSchema;
  /** The SDL that is published and served as `_service { sdl }`, letter for letter. */
  readonly sdl: string;
}

/**
 * Builds the executable subgraph from the decorated classes. The schema is printed and built again from its
 * SDL, since type-graphql 2.0.0-rc.4 keeps `@oneOf` as a mere annotation: only a schema built from SDL makes
 * it native to validation, coercion and introspection.
 */
export function buildSubgraph(resolver: CustomerEvaluationResolver | undefined): Subgraph {
  const decorated = buildSchemaSync({
    resolvers: [CustomerEvaluationResolver],
    container: { get: () => resolver },
    // Inputs are checked by the schema and by the translation.
    validate: false,
    // Would run the introspection query at each start; what is built below is checked as it is built.
    skipCheck: true,
    authChecker: requireScopes,
  });
  const sdl = `${preamble}\n${printSubgraphSchema(decorated)}\n`;
  const resolvers = createResolversMap(decorated);
  // type-graphql makes every type resolver asynchronous: a promise and a turn of the queue for each signal.
  Object.assign(resolvers['Signals'] ?? {}, { __resolveType: typenameOfSignals });
  const schema = buildSubgraphSchema([
    { typeDefs: parse(sdl), resolvers: resolvers as GraphQLResolverMap<CallContext> },
  ]);
  resolveEntitiesOf(schema);
  serveSdl(schema, sdl);
  return { schema, sdl };
}

// `@Authorized` names the scopes. Refuses by throwing: type-graphql's own errors have other codes than ours. No
// function declaration: type-graphql takes whatever has a prototype for a class.
const requireScopes = ({ context }: ResolverData<CallContext>, scopes: readonly string[]): boolean => {
  for (const scope of scopes) requireScope(context.rights, scope);
  return true;
};

// Left alone, `_service` answers a print of the built schema, with every definition that composition adds.
function serveSdl(schema: GraphQLSchema, sdl: string): void {
  const field = schema.getQueryType()?.getFields()['_service'];
  if (field === undefined) throw new Error('a subgraph without _service');
  field.resolve = () => ({ sdl });
}
