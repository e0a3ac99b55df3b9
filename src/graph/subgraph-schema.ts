import 'reflect-metadata';
import { extendSchema, type GraphQLSchema, isInputObjectType, isUnionType, parse } from 'graphql';
import { buildSchemaSync, type ResolverData } from 'type-graphql';
import { requireScope } from './authorization.ts';
import { resolveEntitiesOf } from './entities.ts';
import type { GraphModule } from './graph-module.ts';
import type { GraphQLContext } from './graphql-context.ts';

// The preamble of a subgraph's SDL. It defines `@oneOf` because Apollo's composition refuses unknown directives (2.14:
// `Unknown directive "@oneOf"`).
const preamble = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@cost", "@listSize"])

directive @oneOf on INPUT_OBJECT
`;

// The fields that a router needs besides ours.
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
  /** The SDL that is published and served as `_service { sdl }`. Printed on first use. */
  readonly sdl: () => Promise<string>;
}

/**
 * Builds the executable subgraph from the decorated classes. A test compares it with its SDL, so nothing is validated
 * at startup.
 */
export function buildSubgraph(modules: readonly [GraphModule, ...GraphModule[]]): Subgraph {
  const decorated = buildSchemaSync({
    resolvers: resolversOf(modules),
    container: { get: (type) => modules.find(({ resolver }) => resolver === type)?.instance },
    // The schema and the translation validate inputs.
    validate: false,
    // The check would run the introspection query.
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

// type-graphql makes every type resolver asynchronous, which costs a promise and a microtask for each value.
function resolveUnions(schema: GraphQLSchema, unions: GraphModule['unions']): void {
  for (const [name, typenameOf] of Object.entries(unions)) {
    const union = schema.getType(name);
    if (!isUnionType(union)) throw new Error(`a schema without the union ${name}`);
    union.resolveType = typenameOf;
  }
}

// Loaded on a router's first request: loading the printer takes as long as loading the schema.
async function print(decorated: GraphQLSchema): Promise<string> {
  const { printSubgraphSchema } = await import('./sdl-printer.ts');
  return `${preamble}\n${printSubgraphSchema(decorated)}\n`;
}

// type-graphql 2.0.0-rc.4 keeps `@oneOf` only as an annotation; this makes validation, coercion and introspection
// enforce it.
function enforceOneOf(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInputObjectType(type)) continue;
    type.isOneOf = type.astNode?.directives?.some(({ name }) => name.value === 'oneOf') ?? false;
  }
}

// `@Authorized` names the scopes. Throws our own error, since type-graphql's have other codes. Not a function
// declaration: type-graphql treats anything with a prototype as a class.
const requireScopes = ({ context }: ResolverData<GraphQLContext>, scopes: readonly string[]): boolean => {
  for (const scope of scopes) requireScope(context.permissions, scope);
  return true;
};

function serveSdl(schema: GraphQLSchema, sdl: Subgraph['sdl']): void {
  const field = schema.getQueryType()?.getFields()['_service'];
  if (field === undefined) throw new Error('a subgraph without _service');
  field.resolve = () => ({ sdl });
}
