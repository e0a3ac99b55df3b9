import { GraphQLObjectType, GraphQLSchema, printSchema, specifiedDirectives } from 'graphql';

/**
 * The SDL for clients' tools, without the fields for routers. Strict tools, such as graphql-js' `buildSchema` and
 * relay-compiler, reject federation directives.
 */
export function apiSchemaOf(subgraph: GraphQLSchema): string {
  const query = subgraph.getQueryType()?.toConfig();
  if (query === undefined) throw new Error('a schema without queries');
  const fields = Object.entries(query.fields).filter(([name]) => !name.startsWith('_'));
  const api = new GraphQLSchema({
    query: new GraphQLObjectType({ ...query, fields: Object.fromEntries(fields) }),
    mutation: subgraph.getMutationType(),
    // Types that only implement an interface are not reachable through fields.
    types: Object.values(subgraph.getTypeMap()).filter(
      ({ name }) => !name.startsWith('_') && name !== query.name,
    ),
    directives: specifiedDirectives,
  });
  return `${printSchema(api)}\n`;
}
