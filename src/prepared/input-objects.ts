import { type GraphQLInputObjectType, type GraphQLInputType, isNonNullType } from 'graphql';
import { bailOut, UnsupportedOperationError } from './bailout.ts';
import type { SchemaMetadata } from './schema-metadata.ts';

/* Input objects as type-graphql makes them: instances of their classes, with their defaults. */

export interface InputField {
  readonly name: string;
  readonly defaultValue: unknown;
  readonly isRequired: boolean;
}

/** Returns a function that makes an empty input object: type-graphql leaves out fields that are undefined. */
export function makerOf(
  metadata: SchemaMetadata,
  { name }: GraphQLInputObjectType,
): () => Record<string, unknown> {
  const inputClass = metadata.inputClassOf(name);
  if (inputClass === undefined) throw new UnsupportedOperationError(`no class for ${name}`);
  const { prototype } = inputClass;
  return () => Object.create(prototype);
}

export function fieldsOf(type: GraphQLInputObjectType): (InputField & { readonly type: GraphQLInputType })[] {
  return Object.values(type.getFields()).map((field) => ({
    name: field.name,
    type: field.type,
    defaultValue: field.defaultValue,
    isRequired: isNonNullType(field.type),
  }));
}

export function setDefault(
  object: Record<string, unknown>,
  { name, defaultValue, isRequired }: InputField,
): void {
  if (defaultValue !== undefined) object[name] = defaultValue;
  else if (isRequired) bailOut();
}

export function requireOne(object: Readonly<Record<string, unknown>>): void {
  const [value = null, ...more] = Object.values(object);
  if (value === null || more.length > 0) bailOut();
}
