import {
  type ArgumentNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** How large an operation is, all its fragments written out. */
export interface OperationMeasure {
  readonly rootFields: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
}

const nothing: OperationMeasure = { rootFields: 0, depth: 0, aliases: 0, directives: 0 };

/** Measures a valid operation: one without cycles of fragments. Each fragment is measured once. */
export function measureOperation(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationMeasure {
  const fragments = fragmentsOf(document);
  const measured = new Map<string, OperationMeasure>();

  const measureFragment = (name: string): OperationMeasure => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    const measure = fragment === undefined ? nothing : measureSelections(fragment.selectionSet);
    measured.set(name, measure);
    return measure;
  };

  const measureSelections = ({ selections }: SelectionSetNode): OperationMeasure => {
    let sum = nothing;
    for (const selection of selections) {
      const directives = selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) {
        const { selectionSet, alias, name } = selection;
        // graphql's own MaxIntrospectionDepthRule bounds what is below these.
        const isIntrospection = name.value === '__schema' || name.value === '__type';
        const below =
          selectionSet === undefined || isIntrospection ? nothing : measureSelections(selectionSet);
        sum = {
          rootFields: sum.rootFields + 1,
          depth: Math.max(sum.depth, below.depth + 1),
          aliases: sum.aliases + below.aliases + (alias === undefined ? 0 : 1),
          directives: sum.directives + below.directives + directives,
        };
      } else {
        const below =
          selection.kind === Kind.FRAGMENT_SPREAD
            ? measureFragment(selection.name.value)
            : measureSelections(selection.selectionSet);
        sum = {
          rootFields: sum.rootFields + below.rootFields,
          depth: Math.max(sum.depth, below.depth),
          aliases: sum.aliases + below.aliases,
          directives: sum.directives + below.directives + directives,
        };
      }
    }
    return sum;
  };

  return measureSelections(operation.selectionSet);
}

/** What running an operation may cost: what is known from the document, and the lists in variables that add to it. */
interface Cost {
  readonly points: number;
  readonly lists: readonly string[];
}

// Documents are kept once they are validated, so each is looked through once.
const costs = new WeakMap<OperationDefinitionNode, Cost>();

/**
 * How many calls to the upstream an operation may lead to, at least 1: its root fields, whether `@skip`ped or not,
 * and each entity that a router asks for.
 */
export function costOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | undefined,
): number {
  let cost = costs.get(operation);
  if (cost === undefined) {
    cost = readCost(document, operation);
    costs.set(operation, cost);
  }
  const listed = cost.lists.map((name) => variables?.[name]);
  return listed.reduce<number>(
    (sum, list) => sum + (Array.isArray(list) ? Math.max(0, list.length - 1) : 0),
    Math.max(1, cost.points),
  );
}

function readCost(document: DocumentNode, operation: OperationDefinitionNode): Cost {
  const fragments = fragmentsOf(document);
  const lists: string[] = [];
  const read = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + read(selection.selectionSet);
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        return fragment === undefined ? sum : sum + read(fragment.selectionSet);
      }
      return (
        sum + (selection.arguments ?? []).reduce((most, { value }) => Math.max(most, sizeOf(value, lists)), 1)
      );
    }, 0);
  return { points: read(operation.selectionSet), lists };
}

// Only `_entities(representations:)` takes a list.
function sizeOf(value: ArgumentNode['value'], lists: string[]): number {
  if (value.kind === Kind.VARIABLE) lists.push(value.name.value);
  return value.kind === Kind.LIST ? value.values.length : 1;
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
}
