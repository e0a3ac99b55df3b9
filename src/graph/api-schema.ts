import { GraphQLObjectType, GraphQLSchema, printSchema, specifiedDirectives } from 'graphql';

/**
 * The SDL for clients' tools: what a client may ask, without what only routers ask. Tools that read strictly, such as
 * graphql-js' `buildSchema` and relay-compiler, know no federation directives.
 */
export function apiSchemaOf(subgraph: GraphQLSchema): string {
  const query = subgraph.getQueryType()?.toConfig();
  if (query === undefined) throw new Error('a schema without queries');
  const fields = Object.entries(query.fields).filter(([name]) => !name.startsWith('_'));
  const api = new GraphQLSchema({
    query: new GraphQLObjectType({ ...query, fields: Object.fromEntries(fields) }),
    mutation: subgraph.getMutationType(),
    // Whatever implements an interface is found by no field.
    types: Object.values(subgraph.getTypeMap()).filter(
      ({ name }) => !name.startsWith('_') && name !== query.name,
    ),
    directives: specifiedDirectives,
  });
  return `${printSchema(api)}\n`;
}
