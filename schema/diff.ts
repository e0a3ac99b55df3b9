import { readFileSync } from 'node:fs';
import { type Change, ChangeType, CriticalityLevel, diff, type Rule } from '@graphql-inspector/core';
import {
  buildASTSchema,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
} from 'graphql';

/*
 * `npm run schema:diff`: fails on breaking changes to the released SDL, and lists dangerous ones. GraphQL Inspector
 * compares the schemas; it does not know what federation's directives mean to a supergraph, nor how clients' generated
 * types change.
 */

/** If one of these is removed, a supergraph no longer composes or no longer resolves an entity. */
const neededBySupergraphs: ReadonlySet<unknown> = new Set(['key', 'shareable', 'interfaceObject']);
/** If one of these is added, callers lose something. */
const takenFromCallers: ReadonlySet<unknown> = new Set([
  'inaccessible',
  'authenticated',
  'requiresScopes',
  'policy',
]);

function breaksSupergraphs({ type, meta }: Change): boolean {
  const { removedDirectiveName, addedDirectiveName, addedToNewType, directiveName, ...argument } =
    meta as Record<string, unknown>;
  if (neededBySupergraphs.has(removedDirectiveName)) return true;
  if (takenFromCallers.has(addedDirectiveName) && addedToNewType !== true) return true;
  if (directiveName !== 'key') return false;
  // A repeated directive is compared by its place: keys that only changed places are reported as well.
  return type === ChangeType.DirectiveUsageArgumentRemoved
    ? argument['removedArgumentName'] === 'fields'
    : argument['addedArgumentName'] === 'resolvable' && argument['addedArgumentValue'] === 'false';
}

/** Whether an enum is the type of an output field, and of an input field or argument. */
function isInputAndOutput(name: string, schema: GraphQLSchema): boolean {
  const types = Object.values(schema.getTypeMap());
  const outputs = types
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .flatMap((type) => Object.values(type.getFields()));
  const inputs = [
    ...types.filter(isInputObjectType).flatMap((type) => Object.values(type.getFields())),
    ...outputs.flatMap(({ args }) => args),
  ];
  return [inputs, outputs].every((places) => places.some(({ type }) => getNamedType(type).name === name));
}

/**
 * A value is added to an enum that is both an input and an output. Each subgraph that declares such an enum must have
 * the same values (https://www.apollographql.com/docs/graphos/reference/federation/composition-rules, "Enums").
 */
function breaksNeighbours({ type, meta }: Change, schema: GraphQLSchema): boolean {
  if (type !== ChangeType.EnumValueAdded) return false;
  return isInputAndOutput(String((meta as Record<string, unknown>)['enumName']), schema);
}

/** Clients' generated types change, or a supergraph's do: operations stay valid. */
function surprisesClients({ type, meta }: Change): boolean {
  return (
    type === ChangeType.InputFieldAdded ||
    (type === ChangeType.DirectiveUsageInputObjectRemoved &&
      (meta as Record<string, unknown>)['removedDirectiveName'] === 'oneOf')
  );
}

const raiseCriticality: Rule = ({ changes, newSchema }) =>
  changes.map((change) => {
    const { level } = change.criticality;
    const raised =
      breaksSupergraphs(change) || (newSchema && breaksNeighbours(change, newSchema))
        ? CriticalityLevel.Breaking
        : level === CriticalityLevel.NonBreaking && surprisesClients(change)
          ? CriticalityLevel.Dangerous
          : level;
    return { ...change, criticality: { ...change.criticality, level: raised } };
  });

// The federation directives are a subgraph's own and are defined by the composer.
function read(file: string): GraphQLSchema {
  return buildASTSchema(parse(readFileSync(file, 'utf8')), { assumeValidSDL: true });
}

const [released = 'schema/released.graphql', current = 'schema/customer-evaluations.graphql'] =
  process.argv.slice(2);
const changes = await diff(read(released), read(current), [raiseCriticality]);
const at = (level: CriticalityLevel): Change[] =>
  changes.filter(({ criticality }) => criticality.level === level);
const dangerous = at(CriticalityLevel.Dangerous);
const breaking = at(CriticalityLevel.Breaking);

for (const { path, message } of dangerous) process.stdout.write(`dangerous: ${path}: ${message}\n`);
for (const { path, message } of breaking) process.stdout.write(`breaking: ${path}: ${message}\n`);
if (breaking.length > 0) {
  process.stdout.write(
    `\nClients and supergraphs rely on ${released}: deprecate first, or release a new major version.\n`,
  );
  process.exitCode = 1;
} else if (dangerous.length === 0) {
  process.stdout.write(`Nothing in ${current} breaks or surprises whoever relies on ${released}.\n`);
}
