import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** The size of an operation with its fragments expanded. */
export interface OperationMeasure {
  readonly rootFields: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
}

const nothing: OperationMeasure = { rootFields: 0, depth: 0, aliases: 0, directives: 0 };

/** Measures a valid operation, without fragment cycles. Each fragment is measured once. */
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
        // graphql's own MaxIntrospectionDepthRule limits the fields below these.
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

/** A document's fragments, by name. */
export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
}
