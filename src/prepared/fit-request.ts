import type { IncomingHttpHeaders } from 'node:http';

/** A GraphQL request in its simplest form. */
export interface PlainRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Reads an ordinary POST request; undefined for any other, which Apollo Server runs or refuses: batches, extensions,
 * inline traces for Apollo Router, parameters of a wrong type.
 */
export function plainRequestOf(body: unknown, headers: IncomingHttpHeaders): PlainRequest | undefined {
  if (!isRecord(body) || headers['apollo-federation-include-trace'] !== undefined) return undefined;
  const { query, operationName = null, variables = null, extensions = null } = body;
  if (typeof query !== 'string') return undefined;
  if (operationName !== null && typeof operationName !== 'string') return undefined;
  if (variables !== null && !isRecord(variables)) return undefined;
  // The hook for trusted documents leaves an object without values behind.
  if (extensions !== null && !(isRecord(extensions) && saysNothing(extensions))) return undefined;
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function saysNothing(extensions: Readonly<Record<string, unknown>>): boolean {
  return Object.values(extensions).every((value) => value === undefined);
}
