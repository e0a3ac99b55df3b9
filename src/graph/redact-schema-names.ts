import { GraphQLError } from 'graphql';

/*
 * GraphQL's own refusals name types, fields and suggestions of the schema. If the schema is hidden from callers, errors
 * contain no name that the request did not contain.
 */

const hidden = '"…"';

/** Words of GraphQL itself that look like names. */
const ownWords = ['GraphQL', 'OneOf'];

/** Rewrites, in place, the messages and paths of GraphQL's own refusals. */
export function redactSchemaNames(
  errors: readonly GraphQLError[],
  request: { source: string | undefined; variables: Readonly<Record<string, unknown>> | undefined },
): void {
  const known = namesIn(`${request.source} ${JSON.stringify(request.variables)}`);
  for (const error of errors) {
    if (isRaisedByUs(error)) continue;
    error.message = error.message
      .replace(/ Did you mean .*/s, '')
      // The rules quote names, alone or within a type or coordinate: "[Name!]!", "Type.field". A long message is cut,
      // possibly within a quotation (graphql-js, OverlappingFieldsCanBeMergedRule).
      .replace(/"([^"]*)(?:"|$)/g, (quoted, content: string) => (isKnown(content, known) ? quoted : hidden))
      // Unquoted names have several words in camel or snake case, so they cannot be mistaken for English words.
      .replace(/\b[A-Za-z]+(?:[a-z][A-Z]|_)\w*/g, (name) => (known.has(name) ? name : hidden));
    error.stack = '';
    const { path } = error.extensions;
    // Its segments are names and list indices.
    if (Array.isArray(path)) {
      error.extensions['path'] = path.filter((step) => /^\d+$/.test(step) || isKnown(step, known));
    }
  }
}

// Errors with our own codes have our own messages, which name only settings and what callers sent. Payloads are not
// redacted: their errors say which values and fields an input may have.
function isRaisedByUs({ extensions, originalError }: GraphQLError): boolean {
  const graphqlCodes = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', undefined];
  const isThrown = originalError != null && !(originalError instanceof GraphQLError);
  return isThrown || !graphqlCodes.includes(extensions['code'] as string | undefined);
}

function namesIn(text: string): ReadonlySet<string> {
  return new Set([...(text.match(/\w+/g) ?? []), ...ownWords]);
}

function isKnown(text: string, known: ReadonlySet<string>): boolean {
  return (text.match(/\w+/g) ?? []).every((name) => known.has(name));
}
