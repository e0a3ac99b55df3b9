import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { UnsupportedOperationError } from './bailout.ts';

/** The values of the variables that `@skip` and `@include` depend on. */
export type Conditions = Readonly<Record<string, boolean>>;

/**
 * A document's selections under certain conditions, merged for one concrete type as in graphql-js
 * (`execution/collectFields`): ordered by the first selection of each name, with each fragment once per selection set.
 * Source: https://spec.graphql.org/September2025/#CollectFields()
 */
export class Selections {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #conditions: Conditions;

  constructor(
    schema: GraphQLSchema,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    conditions: Conditions,
  ) {
    this.#schema = schema;
    this.#fragments = fragments;
    this.#conditions = conditions;
  }

  /** The fields of an object of this type, by response name. */
  fieldsOf(
    type: GraphQLObjectType,
    nodes: readonly { readonly selectionSet?: SelectionSetNode | undefined }[],
  ): ReadonlyMap<string, readonly FieldNode[]> {
    const fields = new Map<string, FieldNode[]>();
    const seen = new Set<string>();
    for (const { selectionSet } of nodes) {
      if (selectionSet !== undefined) this.#collect(type, selectionSet, fields, seen);
    }
    return fields;
  }

  #collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    fields: Map<string, FieldNode[]>,
    seen: Set<string>,
  ): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD && seen.has(selection.name.value)) continue;
      if (!this.#isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const same = fields.get(name);
        if (same === undefined) fields.set(name, [selection]);
        else same.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (this.#applies(selection.typeCondition, type))
          this.#collect(type, selection.selectionSet, fields, seen);
      } else {
        seen.add(selection.name.value);
        const fragment = this.#fragments.get(selection.name.value);
        if (fragment !== undefined && this.#applies(fragment.typeCondition, type))
          this.#collect(type, fragment.selectionSet, fields, seen);
      }
    }
  }

  #applies(condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition.name.value === type.name) return true;
    const other = this.#schema.getType(condition.name.value);
    return isAbstractType(other) && this.#schema.isSubType(other, type);
  }

  #isIncluded({ directives = [] }: SelectionNode): boolean {
    // All of them, since graphql-js refuses a null in one even if another already decides.
    const met = directives.map((directive) => {
      const condition = this.#conditionOf(directive);
      return directive.name.value === 'skip' ? !condition : condition;
    });
    return met.every(Boolean);
  }

  #conditionOf({ name, arguments: given = [] }: DirectiveNode): boolean {
    if (name.value !== 'skip' && name.value !== 'include')
      throw new UnsupportedOperationError(`@${name.value}`);
    const value = given[0]?.value;
    if (value?.kind === Kind.BOOLEAN) return value.value;
    const condition = value?.kind === Kind.VARIABLE ? this.#conditions[value.name.value] : undefined;
    if (condition === undefined)
      throw new UnsupportedOperationError('a condition that is neither true nor false');
    return condition;
  }
}
