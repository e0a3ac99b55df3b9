import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { bailOut, UnsupportedOperationError } from './bailout.ts';
import { fieldsOf, type InputField, makerOf, requireOne, setDefault } from './input-objects.ts';
import { readerOf, type Variables } from './literals.ts';
import type { SchemaMetadata } from './schema-metadata.ts';

/*
 * Coerces variables as graphql-js does (`execution/values`, `utilities/coerceInputValue`). Bails out on whatever does not
 * coerce: graphql-js then says why.
 */

type Coerce = (value: unknown) => unknown;

/** Coercers for variables, built from the schema's input types: one for each input object. */
export class Coercers {
  readonly #metadata: SchemaMetadata;
  readonly #ofObjects = new Map<GraphQLInputObjectType, Coerce>();

  constructor(metadata: SchemaMetadata) {
    this.#metadata = metadata;
  }

  /** The coercer of an operation's variables. */
  ofVariables(
    definitions: readonly VariableDefinitionNode[],
  ): (raw: Readonly<Record<string, unknown>>) => Variables {
    const variables = definitions.map((definition) => {
      const type = inputType(this.#metadata.schema, definition);
      const { defaultValue } = definition;
      return {
        name: definition.variable.name.value,
        isNonNull: isNonNullType(type),
        coerce: this.#ofType(type),
        ofDefault: defaultValue === undefined ? undefined : readerOf(this.#metadata, defaultValue, type),
      };
    });
    return (raw) => {
      const coerced: Record<string, unknown> = Object.create(null);
      for (const { name, isNonNull, coerce, ofDefault } of variables) {
        if (Object.hasOwn(raw, name)) {
          coerced[name] = coerce(raw[name]);
        } else if (ofDefault !== undefined) coerced[name] = ofDefault({});
        else if (isNonNull) bailOut();
      }
      return coerced;
    };
  }

  #ofType(type: GraphQLInputType): Coerce {
    if (isNonNullType(type)) {
      const coerce = this.#ofType(type.ofType);
      return (value) => (value == null ? bailOut() : coerce(value));
    }
    if (isListType(type)) {
      const coerce = this.#ofType(type.ofType);
      return (value) =>
        value == null ? null : Array.isArray(value) ? value.map((item) => coerce(item)) : [coerce(value)];
    }
    if (isInputObjectType(type)) return this.#ofObject(type);
    return (value) => (value == null ? null : parse(type, value));
  }

  #ofObject(type: GraphQLInputObjectType): Coerce {
    const known = this.#ofObjects.get(type);
    if (known !== undefined) return known;
    const make = makerOf(this.#metadata, type);
    const fields: (InputField & { readonly coerce: Coerce })[] = [];
    const coerce: Coerce = (value) => {
      if (value == null) return null;
      if (typeof value !== 'object' || Array.isArray(value)) return bailOut();
      const given = value as Readonly<Record<string, unknown>>;
      const coerced = make();
      let found = 0;
      for (const field of fields) {
        const item = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
        if (item === undefined) setDefault(coerced, field);
        else {
          found += 1;
          coerced[field.name] = field.coerce(item);
        }
      }
      // Any other name is one that the type does not define.
      if (found !== Object.keys(given).length) bailOut();
      if (type.isOneOf) requireOne(coerced);
      return coerced;
    };
    this.#ofObjects.set(type, coerce);
    // Filled in after the coercer is known: a type may refer to itself.
    for (const field of fieldsOf(type)) fields.push({ ...field, coerce: this.#ofType(field.type) });
    return coerce;
  }
}

function inputType(schema: GraphQLSchema, { type: node }: VariableDefinitionNode): GraphQLInputType {
  const type = typeFromAST(schema, node);
  if (!isInputType(type)) throw new UnsupportedOperationError('a variable of no input type');
  return type;
}

function parse(type: GraphQLLeafType, value: unknown): unknown {
  const parsed = type.parseValue(value);
  return parsed === undefined ? bailOut() : parsed;
}
