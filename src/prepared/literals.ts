import {
  type ConstValueNode,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  type ObjectValueNode,
  type ValueNode,
  valueFromAST,
} from 'graphql';
import { bailOut, UnsupportedOperationError } from './bailout.ts';
import { fieldsOf, makerOf, requireOne, setDefault } from './input-objects.ts';
import type { SchemaMetadata } from './schema-metadata.ts';

/* Reads the values in a document as graphql-js does (`utilities/valueFromAST`). */

/** The coerced variables of one request, without those that were left out and have no default. */
export type Variables = Readonly<Record<string, unknown>>;

/** Reads a value of a document under the variables of a request. */
type Read = (variables: Variables) => unknown;

/** The reader of a value in a document, which may contain variables. */
export function readerOf(
  metadata: SchemaMetadata,
  node: ValueNode | ConstValueNode,
  type: GraphQLInputType,
): Read {
  if (node.kind === Kind.VARIABLE) {
    const name = node.name.value;
    const isNonNull = isNonNullType(type);
    return (variables) => {
      const value = variables[name];
      return value === undefined || (value === null && isNonNull) ? bailOut() : value;
    };
  }
  if (isNonNullType(type)) {
    if (node.kind === Kind.NULL) throw new UnsupportedOperationError('null for a non-null type');
    return readerOf(metadata, node, type.ofType);
  }
  if (node.kind === Kind.NULL) return () => null;
  if (isListType(type)) return ofList(metadata, node, type.ofType);
  if (isInputObjectType(type)) {
    if (node.kind !== Kind.OBJECT) throw new UnsupportedOperationError('no object for an input object');
    return ofObject(metadata, node, type);
  }
  return ofLeaf(node, type);
}

function ofList(metadata: SchemaMetadata, node: ValueNode, itemType: GraphQLInputType): Read {
  if (node.kind !== Kind.LIST) {
    const read = readerOf(metadata, node, itemType);
    return (variables) => [read(variables)];
  }
  const items = node.values.map((item) => {
    const read = readerOf(metadata, item, itemType);
    // In a list, a variable that is left out is null.
    return item.kind === Kind.VARIABLE && !isNonNullType(itemType)
      ? (variables: Variables) => (variables[item.name.value] === undefined ? null : read(variables))
      : read;
  });
  return (variables) => items.map((read) => read(variables));
}

function ofObject(metadata: SchemaMetadata, node: ObjectValueNode, type: GraphQLInputObjectType): Read {
  const make = makerOf(metadata, type);
  const fields = fieldsOf(type).map((field) => {
    const given = node.fields.find(({ name }) => name.value === field.name)?.value;
    return {
      ...field,
      variable: given?.kind === Kind.VARIABLE ? given.name.value : undefined,
      read: given === undefined ? undefined : readerOf(metadata, given, field.type),
    };
  });
  return (variables) => {
    const value = make();
    for (const { variable, read, ...field } of fields) {
      const isLeftOut = variable !== undefined && variables[variable] === undefined;
      if (read === undefined || isLeftOut) setDefault(value, field);
      else value[field.name] = read(variables);
    }
    if (type.isOneOf) requireOne(value);
    return value;
  };
}

function ofLeaf(node: ValueNode, type: GraphQLLeafType): Read {
  // Evaluated anew for each request: if it were kept, `{}` would take a hundred times the memory of its text.
  if (node.kind === Kind.LIST || node.kind === Kind.OBJECT) {
    return (variables) => valueFromAST(node, type, variables) ?? bailOut();
  }
  const value = valueFromAST(node, type);
  if (!isLeafType(type) || value === undefined)
    throw new UnsupportedOperationError('a literal of another type');
  return () => value;
}
