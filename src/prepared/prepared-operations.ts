import type { ApolloServer, ApolloServerPlugin } from '@apollo/server';
import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { costIn, type OperationCost } from '../graph/cost-limit-plugin.ts';
import { documentBytes } from '../graph/document-store.ts';
import type { GraphModule } from '../graph/graph-module.ts';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { operationNameForLog } from '../telemetry/operation-plugin.ts';
import { answerIfOnlyChecked, checkDocuments } from './checked-documents.ts';
import { Coercers } from './coercion.ts';
import type { PlainRequest } from './plain-request.ts';
import { documentHashOf, Plan, type ReadyCall } from './plan.ts';
import { allowReplays, type Replay } from './replay.ts';
import { readSchemaMetadata, type SchemaMetadata } from './schema-metadata.ts';
import { SettledItems } from './settled-items.ts';

/** A document that Apollo Server has accepted. */
interface Seen {
  readonly source: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Compiled when the document is sent again. */
  plan?: Plan | 'none';
}

/** Limits the number and memory of cached documents: frontends have a few dozen. */
const maxDocuments = 500;
const maxDocumentBytes = 25_000_000;
/**
 * Limits the memory of plans. A short document may need a lot: aliases and fragments repeat its fields, and each
 * condition doubles the variants.
 */
const maxBytes = 35_000_000;

/** The result of a plan: a response, or what Apollo Server needs to run the operation without doing anything twice. */
export type Outcome = { readonly text: string } | { readonly replay: Replay };

export interface PreparedOperationsOptions {
  readonly schema: GraphQLSchema;
  /** The modules of the schema. */
  readonly modules: readonly GraphModule[];
  /** The same limit as in the cost limit plugin. */
  readonly maxCost: number;
}

/**
 * Compiles operations that Apollo Server has validated and run once, like a database's prepared statements. A plan's
 * response equals Apollo Server's byte for byte.
 */
export class PreparedOperations {
  readonly #metadata: SchemaMetadata;
  readonly #coercers: Coercers;
  readonly #costOf: OperationCost;
  readonly #maxCost: number;
  readonly #seen = new LRUCache<string, Seen>({
    max: maxDocuments,
    maxSize: maxDocumentBytes,
    sizeCalculation: ({ document }) => documentBytes(document),
    dispose: ({ plan }) => {
      if (plan !== undefined && plan !== 'none') this.#bytes -= plan.bytes;
    },
  });
  #bytes = 0;

  constructor({ schema, modules, maxCost }: PreparedOperationsOptions) {
    this.#metadata = readSchemaMetadata(schema, modules);
    this.#costOf = costIn(modules);
    // Last, because it replaces resolvers in the schema.
    allowReplays(schema);
    this.#coercers = new Coercers(this.#metadata);
    this.#maxCost = maxCost;
  }

  /**
   * Records each document after it has been parsed, validated and found within its limits. Apollo Server calls all
   * plugins' `didResolveOperation` at once, so one of them may still refuse the operation then.
   */
  get plugin(): ApolloServerPlugin<GraphQLContext> {
    return {
      requestDidStart: async () => ({
        responseForOperation: async ({ source, document, operation, contextValue }) => {
          // Undefined, despite its type, if the document has no operation of the request's name.
          if (operation as OperationDefinitionNode | undefined) this.#learn({ source, document, operation });
          return answerIfOnlyChecked(contextValue);
        },
      }),
    };
  }

  /** Prepares documents before a request sends them, and warns about those that would be refused. */
  async prepare(apollo: ApolloServer<GraphQLContext>, sources: Iterable<string>, log: Logger): Promise<void> {
    for (const source of await checkDocuments(apollo, sources)) {
      log.warn(
        { documentHash: documentHashOf(source) },
        'a trusted document is invalid: its requests are refused',
      );
    }
    for (const source of [...this.#seen.keys()]) this.#planOf(source);
  }

  #learn(seen: Seen): void {
    const { source, document } = seen;
    const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    if (operations.length === 1 && !this.#seen.has(source)) this.#seen.set(source, seen);
  }

  /** Runs a request's operation by its plan; undefined if nothing has been done and Apollo Server must run it. */
  run(request: PlainRequest, context: GraphQLContext): Promise<Outcome> | undefined {
    const plan = this.#planOf(request.query);
    if (plan === undefined) return undefined;
    const { operation, document } = plan;
    if (request.operationName !== undefined && request.operationName !== operation.name?.value)
      return undefined;
    const cost = this.#costOf(document, operation, request.variables, context);
    if (cost > this.#maxCost) return undefined;
    let ready: ReadyCall;
    try {
      ready = plan.ready(request.variables);
    } catch {
      return undefined;
    }
    return carryOut(plan, ready, cost, context);
  }

  #planOf(source: string): Plan | undefined {
    const seen = this.#seen.get(source);
    if (seen === undefined) return undefined;
    seen.plan ??= this.#prepare(seen);
    return seen.plan === 'none' ? undefined : seen.plan;
  }

  // Evicts the least recently used documents.
  readonly #compiled = (bytes: number): void => {
    this.#bytes += bytes;
    while (this.#bytes > maxBytes && this.#seen.size > 1) this.#seen.pop();
  };

  #prepare(seen: Seen): Plan | 'none' {
    try {
      return new Plan(this.#metadata, this.#coercers, seen, this.#compiled);
    } catch {
      return 'none';
    }
  }
}

async function carryOut(
  plan: Plan,
  ready: ReadyCall,
  cost: number,
  context: GraphQLContext,
): Promise<Outcome> {
  const { observer, permissions } = context;
  observer.operationStarted();
  if (cost > 1) {
    try {
      await context.charge(cost - 1);
    } catch (chargeRefusal) {
      return { replay: { chargeRefusal } };
    }
  }
  let value: unknown;
  try {
    value = await ready.call(context);
  } catch (error) {
    const root = (): never => {
      throw error;
    };
    return { replay: { root } };
  }
  // Each entity is a promise.
  const items = Array.isArray(value) ? SettledItems.watch(value) : undefined;
  let text: string;
  try {
    text = ready.write(items === undefined ? value : await items.values, permissions);
  } catch {
    await items?.settled.all;
    return { replay: { root: () => (items === undefined ? value : items.settled.again()) } };
  }
  const { operation, label, documentHash } = plan;
  observer.operationEnded({
    type: operation.operation,
    name: operationNameForLog(operation.name?.value),
    documentHash,
    label,
    code: undefined,
  });
  return { text };
}
