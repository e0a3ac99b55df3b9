import 'reflect-metadata';
import { extendSchema, type GraphQLSchema, isInputObjectType, isUnionType, parse } from 'graphql';
import { buildSchemaSync, type ResolverData } from 'type-graphql';
import { requireScope } from './authorization.ts';
import { resolveEntitiesOf } from './entities.ts';
import type { GraphModule } from './graph-module.ts';
import type { GraphQLContext } from './graphql-context.ts';

// What a subgraph's own SDL must say of itself. The definition of `@oneOf` stands in it because Apollo's
// composition refuses a directive that it does not know (2.14: `Unknown directive "@oneOf"`).
const preamble = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@cost", "@listSize"])

directive @oneOf on INPUT_OBJECT
`;

// What a router asks for beside our own fields.
// Source: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
const routerFields = `
extend type Query {
  _entities(representations: [_Any!]!): [_Entity]!
  _service: _Service!
}

scalar _Any

type _Service {
  sdl: String
}
`;

export interface Subgraph {
  readonly schema: GraphQLSchema;
  /** The exact SDL that is published and served as `_service { sdl }`. Printed on first use. */
  readonly sdl: () => Promise<string>;
}

/**
 * Builds the executable subgraph from the decorated classes. A test holds it to what its SDL says: nothing here is
 * validated at each start.
 */
export function buildSubgraph(modules: readonly [GraphModule, ...GraphModule[]]): Subgraph {
  const decorated = buildSchemaSync({
    resolvers: resolversOf(modules),
    container: { get: (type) => modules.find(({ resolver }) => resolver === type)?.instance },
    // Inputs are checked by the schema and by the translation.
    validate: false,
    // Would run the introspection query.
    skipCheck: true,
    authChecker: requireScopes,
  });
  const entities = modules.flatMap((module) => Object.entries(module.entities));
  const forRouters = `${routerFields}union _Entity = ${entities.map(([type]) => type).join(' | ')}`;
  const schema = extendSchema(decorated, parse(forRouters, { noLocation: true }), { assumeValid: true });
  enforceOneOf(schema);
  for (const { unions } of modules) resolveUnions(schema, unions);
  resolveEntitiesOf(schema, new Map(entities.flatMap(([type, load]) => (load ? [[type, load]] : []))));
  let printed: Promise<string> | undefined;
  const sdl = (): Promise<string> => {
    printed ??= print(decorated);
    return printed;
  };
  serveSdl(schema, sdl);
  return { schema, sdl };
}

function resolversOf([first, ...others]: readonly [GraphModule, ...GraphModule[]]) {
  return [first.resolver, ...others.map(({ resolver }) => resolver)] as const;
}

// type-graphql makes every type resolver asynchronous: a promise and a turn of the queue for each value.
function resolveUnions(schema: GraphQLSchema, unions: GraphModule['unions']): void {
  for (const [name, typenameOf] of Object.entries(unions)) {
    const union = schema.getType(name);
    if (!isUnionType(union)) throw new Error(`a schema without the union ${name}`);
    union.resolveType = typenameOf;
  }
}

// Loaded with the first router that asks: what prints takes a start as long as what serves the schema.
async function print(decorated: GraphQLSchema): Promise<string> {
  const { printSubgraphSchema } = await import('./sdl-printer.ts');
  return `${preamble}\n${printSubgraphSchema(decorated)}\n`;
}

// type-graphql 2.0.0-rc.4 keeps `@oneOf` as a mere annotation; here it becomes native to validation, coercion and
// introspection.
function enforceOneOf(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInputObjectType(type)) continue;
    type.isOneOf = type.astNode?.directives?.some(({ name }) => name.value === 'oneOf') ?? false;
  }
}

// `@Authorized` names the scopes. Refuses by throwing: type-graphql's own errors have other codes than ours. No
// function declaration: type-graphql takes whatever has a prototype for a class.
const requireScopes = ({ context }: ResolverData<GraphQLContext>, scopes: readonly string[]): boolean => {
  for (const scope of scopes) requireScope(context.permissions, scope);
  return true;
};

function serveSdl(schema: GraphQLSchema, sdl: Subgraph['sdl']): void {
  const field = schema.getQueryType()?.getFields()['_service'];
  if (field === undefined) throw new Error('a subgraph without _service');
  field.resolve = () => ({ sdl });
}
