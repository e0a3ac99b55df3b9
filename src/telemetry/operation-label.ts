import { Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

// Parsed documents are cached, so their labels are cached as well.
const labels = new WeakMap<OperationDefinitionNode, string>();

/**
 * An operation by its root field, e.g. `createCustomerEvaluation`; `introspection`, or `several`. Never by the client's
 * operation name: clients must not choose label values. Only for validated operations, whose fields all exist in the
 * schema.
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
    // Root fields in fragments are rare, and mostly from attackers.
    if (selection.kind !== Kind.FIELD) return 'several';
    const { value } = selection.name;
    if (value === '__typename') continue;
    fields.add(value.startsWith('__') ? 'introspection' : value);
  }
  const [first, ...more] = fields;
  if (more.length > 0) return 'several';
  return first ?? '__typename';
}
