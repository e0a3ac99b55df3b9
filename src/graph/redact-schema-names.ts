import { GraphQLError } from 'graphql';

/*
 * What GraphQL itself refuses, it refuses by naming types, fields and suggestions of the schema. Where the schema
 * is not for callers, no name leaves that the request did not contain.
 */

const hidden = '"…"';

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
      // The rules write names in quotes, as they are or within a type or coordinate: "[Name!]!", "Type.field".
      .replace(/"([^"]*)"/g, (quoted, content: string) => (isKnown(content, known) ? quoted : hidden))
      // Without quotes there are names of more than one word, which no English word looks like.
      .replace(/\b[A-Za-z]+(?:[a-z][A-Z]|_)\w*/g, (name) => (known.has(name) ? name : hidden));
    error.stack = '';
    const { path } = error.extensions;
    // Its steps are names, and positions in lists.
    if (Array.isArray(path)) {
      error.extensions['path'] = path.filter((step) => /^\d+$/.test(step) || isKnown(step, known));
    }
  }
}

// Codes of our own stand for messages of our own, which name what callers set and send.
function isRaisedByUs({ extensions, originalError }: GraphQLError): boolean {
  const graphqlCodes = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', undefined];
  const isThrown = originalError != null && !(originalError instanceof GraphQLError);
  return isThrown || !graphqlCodes.includes(extensions['code'] as string | undefined);
}

function namesIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/\w+/g));
}

function isKnown(text: string, known: ReadonlySet<string>): boolean {
  return (text.match(/\w+/g) ?? []).every((name) => known.has(name));
}
