import {
  buildASTSchema,
  type ConstDirectiveNode,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  print,
} from 'graphql';

/** What a new SDL changes for those who rely on the released one. */
export interface SchemaChanges {
  /** Operations that were valid, or supergraphs that composed, no longer do. */
  readonly breaking: readonly string[];
  /** Operations stay valid, and may still surprise: a new enum value, a new union member. */
  readonly dangerous: readonly string[];
}

/**
 * Compares two SDLs of the subgraph. graphql-js finds most; of what it does not look at, `@oneOf`, defaults of
 * input fields and entity keys matter to clients and routers, and are compared here.
 */
export function schemaChanges(releasedSdl: string, currentSdl: string): SchemaChanges {
  const released = build(releasedSdl);
  const current = build(currentSdl);
  const breaking = findBreakingChanges(released, current).map(({ description }) => description);
  const dangerous = findDangerousChanges(released, current).map(({ description }) => description);
  for (const before of Object.values(released.getTypeMap())) {
    const now = current.getType(before.name);
    if (isInputObjectType(before) && isInputObjectType(now)) {
      if (!before.isOneOf && now.isOneOf) breaking.push(`${now.name} became @oneOf.`);
      if (before.isOneOf && !now.isOneOf) dangerous.push(`${now.name} is no longer @oneOf.`);
      for (const [name, field] of Object.entries(before.getFields())) {
        const next = now.getFields()[name];
        if (next !== undefined && defaultOf(field.astNode) !== defaultOf(next.astNode)) {
          dangerous.push(`${now.name}.${name} changed its default value.`);
        }
      }
    }
    if (isEntityLike(before) && isEntityLike(now)) {
      const keys = keysOf(now.astNode?.directives);
      for (const key of keysOf(before.astNode?.directives)) {
        if (!keys.includes(key)) breaking.push(`${now.name} lost ${key}.`);
      }
    }
  }
  return { breaking, dangerous };
}

// The federation directives are a subgraph's own and are defined by the composer.
function build(sdl: string): GraphQLSchema {
  return buildASTSchema(parse(sdl), { assumeValidSDL: true });
}

const isEntityLike = (type: unknown) => isObjectType(type) || isInterfaceType(type);

function keysOf(directives: readonly ConstDirectiveNode[] = []): string[] {
  return directives.filter(({ name }) => name.value === 'key').map((directive) => print(directive));
}

function defaultOf(
  node: { readonly defaultValue?: Parameters<typeof print>[0] | undefined } | null | undefined,
) {
  return node?.defaultValue === undefined ? undefined : print(node.defaultValue);
}
