import type { IncomingHttpHeaders } from 'node:http';

/** A GraphQL request in its simplest form. */
export interface PlainRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Reads an ordinary POST request; undefined for any other, which Apollo Server runs or refuses: batches, persisted
 * queries, inline traces for Apollo Router, parameters of a wrong type.
 */
export function plainRequestOf(body: unknown, headers: IncomingHttpHeaders): PlainRequest | undefined {
  if (!isRecord(body) || headers['apollo-federation-include-trace'] !== undefined) return undefined;
  const { query, operationName = null, variables = null, extensions = null } = body;
  if (typeof query !== 'string') return undefined;
  if (operationName !== null && typeof operationName !== 'string') return undefined;
  if (variables !== null && !isRecord(variables)) return undefined;
  // Apollo Server reads no other extension. Apollo Client sends its name and version in one, `clientLibrary`.
  if (extensions !== null && (!isRecord(extensions) || extensions['persistedQuery'])) return undefined;
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
