import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from './operation-complexity.ts';

/** A root field and the number of objects that it asks for. */
interface RootField {
  readonly name: string;
  /** The number in the document, or in the variable's default value. */
  readonly objects: number;
  /** The variable that overrides `objects`. */
  readonly variable: string | undefined;
}

// Apollo Server caches validated documents, so each is analyzed once.
const rootFields = new WeakMap<OperationDefinitionNode, readonly RootField[]>();

/**
 * The maximum upstream calls of an operation, at least 1: the calls of each root field, even if `@skip`ped, times the
 * entities that it asks for. Never fewer than execution makes with the same variables, defaults and list coercion
 * included.
 */
export function costOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | undefined,
  callsOf: (rootField: string) => number = () => 1,
): number {
  let fields = rootFields.get(operation);
  if (fields === undefined) {
    fields = readRootFields(document, operation);
    rootFields.set(operation, fields);
  }
  const cost = fields.reduce((sum, { name, objects, variable }) => {
    const isGiven = variable !== undefined && variables !== undefined && Object.hasOwn(variables, variable);
    return sum + callsOf(name) * Math.max(1, isGiven ? sizeOf(variables[variable]) : objects);
  }, 0);
  return Math.max(1, cost);
}

function readRootFields(document: DocumentNode, operation: OperationDefinitionNode): RootField[] {
  const fragments = fragmentsOf(document);
  const read = ({ selections }: SelectionSetNode): RootField[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [rootFieldOf(selection, operation)];
      if (selection.kind === Kind.INLINE_FRAGMENT) return read(selection.selectionSet);
      const fragment = fragments.get(selection.name.value);
      return fragment === undefined ? [] : read(fragment.selectionSet);
    });
  return read(operation.selectionSet);
}

// Only `_entities(representations:)` takes a list, and it has no other argument.
function rootFieldOf(
  { name, arguments: given = [] }: FieldNode,
  operation: OperationDefinitionNode,
): RootField {
  const value = given.find((argument) => argument.name.value === 'representations')?.value;
  const variable = value?.kind === Kind.VARIABLE ? value.name.value : undefined;
  const definition = operation.variableDefinitions?.find((each) => each.variable.name.value === variable);
  return { name: name.value, objects: literalSize(definition?.defaultValue ?? value), variable };
}

function literalSize(value: ASTNode | undefined): number {
  return value?.kind === Kind.LIST ? value.values.length : 1;
}

// A single value is coerced to a list of one (GraphQL specification, 3.11 "List", input coercion).
function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 1;
}
