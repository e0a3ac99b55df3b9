import {
  type ConstValueNode,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  type ObjectValueNode,
  typeFromAST,
  type ValueNode,
  type VariableDefinitionNode,
  valueFromAST,
  visit,
} from 'graphql';
import { giveUp, NoPlanError } from './giving-up.ts';
import type { SchemaFacts } from './schema-facts.ts';

/*
 * Coerces variables and arguments as graphql-js does (`execution/values`, `utilities/coerceInputValue`,
 * `utilities/valueFromAST`), and makes of input objects what type-graphql would: instances of their classes. Gives up
 * on whatever does not coerce: graphql-js then finds out why.
 */

/** Variables of one request, coerced. One that is left out and has no default is not among them. */
export type Variables = Readonly<Record<string, unknown>>;

type Coerce = (value: unknown) => unknown;

/** Reads a value of a document under the variables of a request. */
type Read = (variables: Variables) => unknown;

interface InputField {
  readonly name: string;
  readonly defaultValue: unknown;
  readonly isRequired: boolean;
}

/** Builds coercers from the schema's input types, one for each input object. */
export class Coercers {
  readonly #facts: SchemaFacts;
  readonly #ofObjects = new Map<GraphQLInputObjectType, Coerce>();

  constructor(facts: SchemaFacts) {
    this.#facts = facts;
  }

  /** Of an operation's variables. */
  ofVariables(
    definitions: readonly VariableDefinitionNode[],
  ): (raw: Readonly<Record<string, unknown>>) => Variables {
    const variables = definitions.map((definition) => {
      const type = inputType(this.#facts.schema, definition);
      const { defaultValue } = definition;
      return {
        name: definition.variable.name.value,
        isNonNull: isNonNullType(type),
        coerce: this.#ofType(type),
        ofDefault: defaultValue === undefined ? undefined : this.ofLiteral(defaultValue, type),
      };
    });
    return (raw) => {
      const coerced: Record<string, unknown> = Object.create(null);
      for (const { name, isNonNull, coerce, ofDefault } of variables) {
        if (Object.hasOwn(raw, name)) {
          coerced[name] = coerce(raw[name]);
        } else if (ofDefault !== undefined) coerced[name] = ofDefault({});
        else if (isNonNull) giveUp();
      }
      return coerced;
    };
  }

  #ofType(type: GraphQLInputType): Coerce {
    if (isNonNullType(type)) {
      const coerce = this.#ofType(type.ofType);
      return (value) => (value == null ? giveUp() : coerce(value));
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
    const make = this.#makerOf(type);
    const fields: (InputField & { readonly coerce: Coerce })[] = [];
    const coerce: Coerce = (value) => {
      if (value == null) return null;
      if (typeof value !== 'object' || Array.isArray(value)) return giveUp();
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
      if (found !== Object.keys(given).length) giveUp();
      if (type.isOneOf) requireOne(coerced);
      return coerced;
    };
    this.#ofObjects.set(type, coerce);
    // Only now: a type may refer to itself.
    for (const field of fieldsOf(type)) fields.push({ ...field, coerce: this.#ofType(field.type) });
    return coerce;
  }

  /** Of a value that the document spells out, in part perhaps as variables. */
  ofLiteral(node: ValueNode | ConstValueNode, type: GraphQLInputType): Read {
    if (node.kind === Kind.VARIABLE) {
      const name = node.name.value;
      const isNonNull = isNonNullType(type);
      return (variables) => {
        const value = variables[name];
        return value === undefined || (value === null && isNonNull) ? giveUp() : value;
      };
    }
    if (isNonNullType(type)) {
      if (node.kind === Kind.NULL) throw new NoPlanError('null for a non-null type');
      return this.ofLiteral(node, type.ofType);
    }
    if (node.kind === Kind.NULL) return () => null;
    if (isListType(type)) return this.#ofListLiteral(node, type.ofType);
    if (isInputObjectType(type)) {
      if (node.kind !== Kind.OBJECT) throw new NoPlanError('no object for an input object');
      return this.#ofObjectLiteral(node, type);
    }
    return ofLeafLiteral(node, type);
  }

  #ofListLiteral(node: ValueNode, itemType: GraphQLInputType): Read {
    if (node.kind !== Kind.LIST) {
      const read = this.ofLiteral(node, itemType);
      return (variables) => [read(variables)];
    }
    const items = node.values.map((item) => {
      const read = this.ofLiteral(item, itemType);
      // In a list, a variable that is left out is null.
      return item.kind === Kind.VARIABLE && !isNonNullType(itemType)
        ? (variables: Variables) => (variables[item.name.value] === undefined ? null : read(variables))
        : read;
    });
    return (variables) => items.map((read) => read(variables));
  }

  #ofObjectLiteral(node: ObjectValueNode, type: GraphQLInputObjectType): Read {
    const make = this.#makerOf(type);
    const fields = fieldsOf(type).map((field) => {
      const given = node.fields.find(({ name }) => name.value === field.name)?.value;
      return {
        ...field,
        variable: given?.kind === Kind.VARIABLE ? given.name.value : undefined,
        read: given === undefined ? undefined : this.ofLiteral(given, field.type),
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

  /** Makes an input object without its fields: those that type-graphql finds undefined, it leaves out. */
  #makerOf({ name }: GraphQLInputObjectType): () => Record<string, unknown> {
    const inputClass = this.#facts.inputClassOf(name);
    if (inputClass === undefined) throw new NoPlanError(`no class for ${name}`);
    const { prototype } = inputClass;
    return () => Object.create(prototype);
  }
}

function inputType(schema: GraphQLSchema, { type: node }: VariableDefinitionNode): GraphQLInputType {
  const type = typeFromAST(schema, node);
  if (!isInputType(type)) throw new NoPlanError('a variable that is no input');
  return type;
}

function fieldsOf(type: GraphQLInputObjectType): (InputField & { readonly type: GraphQLInputType })[] {
  return Object.values(type.getFields()).map((field) => ({
    name: field.name,
    type: field.type,
    defaultValue: field.defaultValue,
    isRequired: isNonNullType(field.type),
  }));
}

function setDefault(object: Record<string, unknown>, { name, defaultValue, isRequired }: InputField): void {
  if (defaultValue !== undefined) object[name] = defaultValue;
  else if (isRequired) giveUp();
}

function requireOne(object: Readonly<Record<string, unknown>>): void {
  const [value = null, ...more] = Object.values(object);
  if (value === null || more.length > 0) giveUp();
}

function parse(type: GraphQLLeafType, value: unknown): unknown {
  const parsed = type.parseValue(value);
  return parsed === undefined ? giveUp() : parsed;
}

function ofLeafLiteral(node: ValueNode, type: GraphQLLeafType): Read {
  if (hasVariables(node)) {
    return (variables) => valueFromAST(node, type, variables) ?? giveUp();
  }
  const value = valueFromAST(node, type);
  if (!isLeafType(type) || value === undefined) throw new NoPlanError('a literal that is none of its type');
  return () => value;
}

function hasVariables(node: ValueNode): boolean {
  let found = false;
  visit(node, {
    Variable() {
      found = true;
    },
  });
  return found;
}
