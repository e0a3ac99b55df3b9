import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import { requireScope } from '../graph/authorization.ts';
import type { GraphModule } from '../graph/graph-module.ts';
import type { GraphQLContext } from '../graph/graphql-context.ts';

type MetadataStorage = ReturnType<typeof getMetadataStorage>;
type FieldMetadata = MetadataStorage['fields'][number];
type HandlerMetadata = MetadataStorage['queries'][number];

/** A field whose value is a property of its object. */
interface PropertyField {
  readonly property: string;
  /** The scopes needed to read it. */
  readonly scopes: readonly string[];
}

/** Calls a field of Query or Mutation with coerced arguments. */
export type CallRoot = (args: Readonly<Record<string, unknown>>, context: GraphQLContext) => unknown;

/**
 * The decorators' metadata about the schema, read before Apollo's inline traces replace its resolvers. A field that they
 * do not explain has no entry here, and an operation that selects it has no plan.
 */
export interface SchemaMetadata {
  readonly schema: GraphQLSchema;
  readonly propertyOf: (type: GraphQLObjectType, field: string) => PropertyField | undefined;
  readonly rootCall: (type: GraphQLObjectType, field: string) => CallRoot | undefined;
  /** The class of an input object in resolvers. */
  readonly inputClassOf: (inputType: string) => { readonly prototype: object } | undefined;
}

/** Reads the schema built from the decorated classes of these modules. */
export function readSchemaMetadata(
  schema: GraphQLSchema,
  modules: readonly Pick<GraphModule, 'resolver' | 'instance'>[],
): SchemaMetadata {
  const storage = getMetadataStorage();
  const properties = new Map<string, PropertyField>();
  const calls = new Map<string, CallRoot>();
  const roots = [schema.getQueryType(), schema.getMutationType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.isTypeOf != null) continue;
    for (const field of Object.values(type.getFields())) {
      const at = `${type.name}.${field.name}`;
      if (roots.includes(type)) {
        const call = rootCallOf(storage, field, modules);
        if (call !== undefined) calls.set(at, call);
      } else {
        const property = propertyOf(storage, type, field);
        if (property !== undefined) properties.set(at, property);
      }
    }
  }
  return {
    schema,
    propertyOf: ({ name }, field) => properties.get(`${name}.${field}`),
    rootCall: ({ name }, field) => calls.get(`${name}.${field}`),
    inputClassOf: (inputType) => storage.inputTypes.find(({ name }) => name === inputType)?.target,
  };
}

function propertyOf(
  storage: MetadataStorage,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, GraphQLContext>,
): PropertyField | undefined {
  if (field.args.length > 0) return undefined;
  // graphql-js reads the property with the field's name.
  if (field.resolve === undefined) return { property: field.name, scopes: [] };
  const metadata = fieldMetadata(storage, type.name, field.name);
  // A simple field has no resolver from type-graphql, so this one is unknown.
  if (metadata === undefined || isSimple(storage, metadata)) return undefined;
  if (hasResolver(storage, metadata) || hasMiddlewares(storage, metadata)) return undefined;
  return { property: metadata.name, scopes: metadata.roles ?? [] };
}

// A class inherits its superclasses' fields (type-graphql, "Inheritance").
function fieldMetadata(storage: MetadataStorage, type: string, name: string): FieldMetadata | undefined {
  let target: unknown = storage.objectTypes.find((metadata) => metadata.name === type)?.target;
  while (typeof target === 'function') {
    const own = storage.fields.find((field) => field.target === target && field.schemaName === name);
    if (own !== undefined) return own;
    target = Object.getPrototypeOf(target);
  }
  return undefined;
}

function isSimple({ objectTypes }: MetadataStorage, { simple, target }: FieldMetadata): boolean {
  return simple ?? objectTypes.find((type) => type.target === target)?.simpleResolvers ?? false;
}

function hasResolver({ fieldResolvers }: MetadataStorage, { target, name }: FieldMetadata): boolean {
  return fieldResolvers.some(
    ({ getObjectType, methodName }) => getObjectType?.() === target && methodName === name,
  );
}

function hasMiddlewares(
  storage: MetadataStorage,
  { middlewares = [] }: Pick<FieldMetadata, 'middlewares'>,
): boolean {
  return middlewares.length + storage.resolverMiddlewares.length > 0;
}

function rootCallOf(
  storage: MetadataStorage,
  field: GraphQLField<unknown, GraphQLContext>,
  modules: readonly Pick<GraphModule, 'resolver' | 'instance'>[],
): CallRoot | undefined {
  const handler = [...storage.queries, ...storage.mutations].find(
    ({ schemaName }) => schemaName === field.name,
  );
  if (handler !== undefined) {
    const instance = modules.find(({ resolver }) => resolver === handler.target)?.instance;
    return instance === undefined || hasMiddlewares(storage, handler) ? undefined : callOf(handler, instance);
  }
  const { resolve } = field;
  // Not from type-graphql: graph/entities.ts resolves it, from arguments and context only.
  return field.name === '_entities' && resolve?.length === 3
    ? (args, context) => resolve(undefined, args, context, undefined as never)
    : undefined;
}

/** Calls the resolver's method as type-graphql does: checks the scopes, then calls it with its parameters. */
function callOf(
  { methodName, params = [], roles = [] }: HandlerMetadata,
  resolver: object,
): CallRoot | undefined {
  const method: unknown = Reflect.get(resolver, methodName);
  if (typeof method !== 'function') return undefined;
  const names: (string | undefined)[] = [];
  for (const param of params.toSorted((a, b) => a.index - b.index)) {
    const isArgument =
      param.kind === 'arg' && param.validateFn === undefined && param.validateSettings === undefined;
    const isContext = param.kind === 'context' && param.propertyName === undefined;
    if (!isArgument && !isContext) return undefined;
    names.push(isArgument ? param.name : undefined);
  }
  return (args, context) => {
    for (const scope of roles) requireScope(context.permissions, scope);
    return method.apply(
      resolver,
      names.map((name) => (name === undefined ? context : args[name])),
    );
  };
}
