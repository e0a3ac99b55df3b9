import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLInputType,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { legalText } from '../harness/texts.ts';
import { type Draw, mutated } from './draw.ts';

/** The fields for clients, and those for routers. */
const schema: GraphQLSchema = buildSchema(
  `${readFileSync('schema/api.graphql', 'utf8')}
  scalar _Any
  union _Entity = CustomerEvaluation | StripeCustomer
  extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`,
);

export interface Operation {
  readonly query: string;
  readonly variables: unknown;
  readonly operationName: string | undefined;
}

/** Values refer to these ids and customers, so that they usually match. */
const evaluationIds = ['ceval_1', 'ceval_2', 'ceval_3'];
export const customers = ['cus_1', 'cus_2'];

/** An operation of the schema: usually valid, sometimes with one wrong place in its variables. */
export function drawOperation(draw: Draw): Operation {
  const isMutation = draw.chance(0.6);
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  if (root == null) throw new Error('no root type');
  const writer = new Writer(draw);
  const fields = Object.keys(root.getFields());
  const body = writer.rootSelections(root, draw.pick(fields));
  const name = draw.chance(0.7) ? draw.pick(['Evaluate', 'Other', 'x'.repeat(90)]) : undefined;
  const definitions = writer.variables.map(({ definition }) => definition).join(', ');
  const head =
    name === undefined && definitions === '' && !isMutation && draw.chance(0.5)
      ? ''
      : `${isMutation ? 'mutation' : 'query'} ${name ?? ''}${definitions === '' ? '' : `(${definitions})`} `;
  const values = Object.fromEntries(
    writer.variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
  return {
    query: [`${head}{ ${body} }`, ...writer.fragments].join('\n'),
    variables: draw.chance(0.2) ? mutated(values, draw) : values,
    operationName: draw.chance(0.5) ? name : draw.chance(0.03) ? 'Nobody' : undefined,
  };
}

/** Writes selections and values, and collects the fragments and variables that they use. */
class Writer {
  readonly fragments: string[] = [];
  readonly variables: { readonly name: string; readonly definition: string; readonly value: unknown }[] = [];
  readonly #draw: Draw;
  #conditions = 0;
  #aliases = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  rootSelections(root: GraphQLObjectType, name: string): string {
    const draw = this.#draw;
    const selections = [this.#field(root, name, 0)];
    if (draw.chance(0.15)) selections.push('__typename');
    if (draw.chance(0.1)) selections.unshift(`first: __typename`);
    if (draw.chance(0.04)) selections.push(this.#field(root, draw.pick(Object.keys(root.getFields())), 0));
    const text = selections.join(' ');
    return draw.chance(0.1) ? `... on ${root.name} { ${text} }` : text;
  }

  #selections(type: GraphQLNamedOutputType, depth: number): string {
    const draw = this.#draw;
    const count = draw.integer(1, depth < 3 ? 5 : 2);
    const selections = Array.from({ length: count }, () => this.#selection(type, depth));
    return `{ ${selections.join(' ')} }`;
  }

  #selection(type: GraphQLNamedOutputType, depth: number): string {
    const draw = this.#draw;
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [];
    if (draw.chance(0.12)) return `${this.#alias()}__typename${this.#condition()}`;
    if (fields.length > 0 && !draw.chance(0.15))
      return this.#field(type as GraphQLObjectType, draw.pick(fields), depth);
    const inside = draw.pick(this.#typesWithin(type));
    const selections = this.#selections(inside, depth + 1);
    if (draw.chance(0.5)) {
      const on = inside === type && draw.chance(0.3) ? '' : ` on ${inside.name}`;
      return `...${on}${this.#condition()} ${selections}`;
    }
    const name = `F${this.fragments.length}`;
    this.fragments.push(`fragment ${name} on ${inside.name} ${selections}`);
    const spread = `...${name}${this.#condition()}`;
    return draw.chance(0.2) ? `${spread} ...${name}` : spread;
  }

  #typesWithin(type: GraphQLNamedOutputType): GraphQLNamedOutputType[] {
    if (isUnionType(type)) return [type, ...type.getTypes()];
    if (isObjectType(type)) return [type, type, ...type.getInterfaces()];
    return [type];
  }

  #field(parent: GraphQLObjectType, name: string, depth: number): string {
    const field = parent.getFields()[name];
    if (field === undefined) throw new Error(`no field ${name}`);
    const args = field.args.map((arg) => `${arg.name}: ${this.#argument(arg.name, arg.type)}`);
    const type = getNamedType(field.type);
    const selections = isCompositeType(type) ? ` ${this.#selections(type, depth + 1)}` : '';
    const given = args.length === 0 ? '' : `(${args.join(', ')})`;
    return `${this.#alias()}${name}${given}${this.#condition()}${selections}`;
  }

  #alias(): string {
    const draw = this.#draw;
    if (!draw.chance(0.12)) return '';
    this.#aliases += 1;
    return `${draw.chance(0.97) ? `a${this.#aliases}` : draw.pick(['id', 'toJSON', '__proto__'])}: `;
  }

  #condition(): string {
    const draw = this.#draw;
    if (!draw.chance(0.06)) return '';
    const directives = draw.chance(0.3) ? ['skip', 'include'] : [draw.pick(['skip', 'include'])];
    if (draw.chance(0.5)) directives.reverse();
    return directives.map((directive) => this.#directive(directive)).join('');
  }

  #directive(directive: string): string {
    const draw = this.#draw;
    if (draw.chance(0.3)) return ` @${directive}(if: ${draw.chance(0.5)})`;
    if (this.#conditions === 0 || draw.chance(0.5)) {
      this.#conditions += 1;
      const name = `c${this.#conditions}`;
      const definition = `$${name}: Boolean${draw.chance(0.3) ? ' = true' : '!'}`;
      const isLeftOut = !definition.endsWith('!') && draw.chance(0.5);
      // A null is allowed where the variable has a default, and refused when the operation runs.
      const isNull = !isLeftOut && !definition.endsWith('!') && draw.chance(0.3);
      this.variables.push({
        name,
        definition,
        value: isLeftOut ? undefined : isNull ? null : draw.chance(0.5),
      });
      return ` @${directive}(if: $${name})`;
    }
    return ` @${directive}(if: $c${draw.integer(1, this.#conditions)})`;
  }

  #argument(name: string, type: GraphQLInputType): string {
    return this.#write(type, this.#valueOf(type, name));
  }

  /** A value of the type, as sent in a variable. */
  #valueOf(type: GraphQLInputType, name: string): unknown {
    const draw = this.#draw;
    if (isNonNullType(type)) return this.#valueOf(type.ofType, name);
    if (isListType(type)) {
      const item = (): unknown => this.#valueOf(type.ofType, name);
      return draw.chance(0.08) ? item() : Array.from({ length: draw.integer(1, 3) }, item);
    }
    if (isEnumType(type)) return draw.pick(type.getValues()).name;
    if (isInputObjectType(type)) {
      const all = Object.values(type.getFields());
      const one = draw.pick(all);
      const fields = type.isOneOf
        ? draw.chance(0.99)
          ? [one]
          : [one, draw.pick(all)]
        : all.filter(
            ({ type: of, name: field }) =>
              isNonNullType(of) || field === 'idempotencyKey' || draw.chance(0.6),
          );
      return Object.fromEntries(
        fields.map(({ name: field, type: of }) => [
          field,
          !isNonNullType(of) && draw.chance(type.isOneOf ? 0.005 : 0.04) ? null : this.#valueOf(of, field),
        ]),
      );
    }
    if (type.name === '_Any') {
      return {
        __typename: draw.chance(0.95) ? 'CustomerEvaluation' : 'StripeCustomer',
        id: draw.pick(evaluationIds),
      };
    }
    if (name === 'id') return draw.chance(0.03) ? 7 : draw.pick(evaluationIds);
    if (name === 'customer') return draw.pick(customers);
    if (name === 'idempotencyKey') return `key-${draw.integer(0, 9)}`;
    return draw.chance(0.7) ? `value ${draw.integer(0, 9)}` : draw.from(legalText);
  }

  /** The value in the document: written out, as a variable, or with variables here and there. */
  #write(type: GraphQLInputType, value: unknown, isOneOf = false): string {
    const draw = this.#draw;
    if (draw.chance(0.3) && !this.#isAny(type)) return this.#variable(type, value, isOneOf);
    return this.#spell(isNonNullType(type) ? type.ofType : type, value);
  }

  #spell(type: GraphQLInputType, value: unknown): string {
    if (value === null) return 'null';
    if (isListType(type)) {
      return Array.isArray(value)
        ? `[${value.map((item) => this.#write(type.ofType, item)).join(', ')}]`
        : this.#write(type.ofType, value);
    }
    if (isEnumType(type)) return String(value);
    if (isInputObjectType(type)) {
      const members = Object.entries(value as object).map(([name, member]) => {
        const of = type.getFields()[name]?.type;
        if (of === undefined) throw new Error(`no input field ${name}`);
        // A variable within @oneOf must be non-null (GraphQL, 5.8.5).
        return `${name}: ${this.#write(of, member, type.isOneOf)}`;
      });
      return `{ ${members.join(', ')} }`;
    }
    if (this.#isAny(type)) {
      const members = Object.entries(value as object).map(
        ([name, member]) => `${name}: ${JSON.stringify(member)}`,
      );
      return `{ ${members.join(', ')} }`;
    }
    return typeof value === 'number' ? String(value) : blockSafe(value);
  }

  #variable(type: GraphQLInputType, value: unknown, isNonNull = false): string {
    const draw = this.#draw;
    const name = `v${this.variables.length}`;
    const written = isNonNull && !isNonNullType(type) ? `${type}!` : String(type);
    const hasDefault = !isNonNull && !this.#isAny(type) && draw.chance(0.15);
    const definition = `$${name}: ${hasDefault ? `${written.replace(/!$/, '')} = ${constant(type, value)}` : written}`;
    const isLeftOut = (hasDefault && draw.chance(0.6)) || (!written.endsWith('!') && draw.chance(0.06));
    this.variables.push({ name, definition, value: isLeftOut ? undefined : value });
    return `$${name}`;
  }

  #isAny(type: GraphQLInputType): boolean {
    return (
      !isListType(type) &&
      !(isNonNullType(type) && isListType(type.ofType)) &&
      getNamedType(type).name === '_Any'
    );
  }
}

/** A value without variables. */
function constant(type: GraphQLInputType, value: unknown): string {
  if (value === null) return 'null';
  if (isNonNullType(type)) return constant(type.ofType, value);
  if (isListType(type)) {
    return Array.isArray(value)
      ? `[${value.map((item) => constant(type.ofType, item)).join(', ')}]`
      : constant(type.ofType, value);
  }
  if (isEnumType(type)) return String(value);
  if (typeof value === 'object') {
    const members = Object.entries(value).map(([name, member]) => {
      const of = isInputObjectType(type) ? type.getFields()[name]?.type : undefined;
      return `${name}: ${of === undefined ? JSON.stringify(member) : constant(of, member)}`;
    });
    return `{ ${members.join(', ')} }`;
  }
  return typeof value === 'number' ? String(value) : blockSafe(value);
}

// JSON's escapes are valid in GraphQL (GraphQL, 2.9.4).
function blockSafe(value: unknown): string {
  return JSON.stringify(value);
}
