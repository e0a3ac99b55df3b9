import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import type { Permissions } from '../access/permissions.ts';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { fragmentsOf } from '../graph/operation-complexity.ts';
import { operationLabel } from '../telemetry/operation-label.ts';
import { UnsupportedOperationError } from './bailout.ts';
import type { Coercers } from './coercion.ts';
import { readerOf, type Variables } from './literals.ts';
import type { CallRoot, SchemaMetadata } from './schema-metadata.ts';
import { type Conditions, Selections } from './selections.ts';
import { type Write, Writers } from './writers.ts';

/** A plan for certain values of the variables that `@skip` and `@include` depend on. */
interface Variant {
  readonly argumentsOf: (variables: Variables) => Readonly<Record<string, unknown>>;
  readonly call: CallRoot;
  readonly write: Write;
}

/** A root field with coerced arguments, not called yet. */
export interface ReadyCall {
  /** Calls the resolver. */
  call(context: GraphQLContext): unknown;
  /** Writes the response for the root field's value. */
  write(value: unknown, permissions: Permissions): string;
}

/** The most memory that the readers of a document's arguments, or of its variables, take. */
const bytesPerCharacter = 50;

/** Each condition doubles the variants. */
const maxConditions = 4;

/**
 * A validated operation with one root field, compiled: how to coerce its variables, what to call, and how to write the
 * response.
 */
export class Plan {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** The operation's label in metrics, as in telemetry/operation-plugin.ts. */
  readonly label: string;
  readonly documentHash: string;
  readonly #metadata: SchemaMetadata;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #coerce: (raw: Readonly<Record<string, unknown>>) => Variables;
  readonly #conditions: readonly string[];
  readonly #variants = new Map<string, Variant>();
  readonly #onCompiled: (bytes: number) => void;
  readonly #length: number;
  /** The approximate memory of the plan and its variants. */
  bytes = 0;

  /**
   * Throws `UnsupportedOperationError` if the operation cannot have a plan. `onCompiled` is called with the memory
   * of the plan, and of each variant.
   */
  constructor(
    metadata: SchemaMetadata,
    coercers: Coercers,
    {
      source,
      document,
      operation,
    }: { source: string; document: DocumentNode; operation: OperationDefinitionNode },
    onCompiled: (bytes: number) => void,
  ) {
    this.#onCompiled = onCompiled;
    this.#length = source.length;
    this.document = document;
    this.operation = operation;
    this.label = operationLabel(operation);
    this.documentHash = documentHashOf(source);
    this.#metadata = metadata;
    this.#fragments = fragmentsOf(document);
    this.#coerce = coercers.ofVariables(operation.variableDefinitions ?? []);
    this.#conditions = conditionsOf(document);
    if (this.#conditions.length > maxConditions) throw new UnsupportedOperationError('too many conditions');
    // Without conditions there is only one variant. It is compiled now, so that this constructor throws its errors.
    if (this.#conditions.length === 0) this.#variants.set('', this.#variantOf({}));
    // The default values of variables.
    this.#count(bytesPerCharacter * this.#length);
  }

  /** Bails out if the variables do not coerce. */
  ready(raw: Readonly<Record<string, unknown>>): ReadyCall {
    const variables = this.#coerce(raw);
    const { argumentsOf, call, write } = this.#variantFor(variables);
    const args = argumentsOf(variables);
    return { call: (context) => call(args, context), write };
  }

  #variantFor(variables: Variables): Variant {
    const key = this.#conditions.map((name) => String(variables[name])).join();
    const known = this.#variants.get(key);
    if (known !== undefined) return known;
    const conditions: Record<string, boolean> = Object.create(null);
    for (const name of this.#conditions) {
      const value = variables[name];
      if (typeof value === 'boolean') conditions[name] = value;
    }
    const variant = this.#variantOf(conditions);
    this.#variants.set(key, variant);
    return variant;
  }

  #variantOf(conditions: Conditions): Variant {
    const { schema } = this.#metadata;
    const type = schema.getRootType(this.operation.operation);
    if (type == null) throw new UnsupportedOperationError('no root type');
    const selections = new Selections(schema, this.#fragments, conditions);
    const writers = new Writers(this.#metadata, selections);
    let before = '{"data":{';
    let after = '';
    let root:
      | { readonly field: GraphQLField<unknown, unknown>; readonly nodes: readonly FieldNode[] }
      | undefined;
    for (const [name, nodes] of selections.fieldsOf(type, [this.operation])) {
      const text = `${before === '{"data":{' ? '' : ','}${JSON.stringify(name)}:`;
      const fieldName = nodes[0]?.name.value ?? '';
      if (fieldName === '__typename') {
        if (root === undefined) before += `${text}${JSON.stringify(type.name)}`;
        else after += `${text}${JSON.stringify(type.name)}`;
        continue;
      }
      const field = type.getFields()[fieldName];
      if (field === undefined || root !== undefined)
        throw new UnsupportedOperationError('not one root field');
      before += text;
      root = { field, nodes };
    }
    const call = root && this.#metadata.rootCall(type, root.field.name);
    if (root === undefined || call === undefined)
      throw new UnsupportedOperationError('no root field that can be called');
    const write = writers.ofType(root.field.type, root.nodes);
    const argumentsOf = this.#argumentsOf(root.field, root.nodes);
    this.#count(writers.bytes + bytesPerCharacter * this.#length);
    return {
      argumentsOf,
      call,
      // Ends with a newline, as Apollo Server's responses do.
      write: (value, permissions) => `${before}${write(value, permissions)}${after}}}\n`,
    };
  }

  #count(bytes: number): void {
    this.bytes += bytes;
    this.#onCompiled(bytes);
  }

  #argumentsOf(
    { args }: GraphQLField<unknown, unknown>,
    [node]: readonly FieldNode[],
  ): Variant['argumentsOf'] {
    const given = node?.arguments ?? [];
    const readers = args.map((arg) => {
      const value = given.find(({ name }) => name.value === arg.name)?.value;
      // All arguments in the schema are required, so every variable used as an argument is required too.
      if (value === undefined) throw new UnsupportedOperationError('a missing argument');
      return { name: arg.name, read: readerOf(this.#metadata, value, arg.type) };
    });
    return (variables) => {
      const read: Record<string, unknown> = {};
      for (const { name, read: readOne } of readers) read[name] = readOne(variables);
      return read;
    };
  }
}

/** The variables that `@skip` and `@include` depend on. */
function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ arguments: given = [] }) {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

/** The document's hash in the log, as Apollo Server computes it: SHA-256 in hexadecimal. */
export function documentHashOf(source: string): string {
  return createHash('sha256').update(source).digest('hex');
}
