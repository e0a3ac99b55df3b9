import { Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

// Documents are parsed once and kept: so is what is found out about them.
const labels = new WeakMap<OperationDefinitionNode, string>();

/**
 * An operation by its root field, e.g. `createCustomerEvaluation`; `introspection`, or `several`. Never by the name
 * that a client gave it: a label must not be a stranger's to choose. Only of operations that were validated, since
 * then every field is one of the schema's.
 */
export function operationLabel(operation: OperationDefinitionNode): string {
  const known = labels.get(operation);
  if (known !== undefined) return known;
  const label = labelOf(operation.selectionSet);
  labels.set(operation, label);
  return label;
}

function labelOf({ selections }: SelectionSetNode): string {
  const fields = new Set<string>();
  for (const selection of selections) {
    // Root fields in fragments are rare and mostly somebody's trick.
    if (selection.kind !== Kind.FIELD) return 'several';
    const { value } = selection.name;
    if (value === '__typename') continue;
    fields.add(value.startsWith('__') ? 'introspection' : value);
  }
  const [first, ...more] = fields;
  if (more.length > 0) return 'several';
  return first ?? '__typename';
}
