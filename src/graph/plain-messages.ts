/*
 * Replacements for messages of Apollo Server that name its own options, or do not say what is wrong: they say what the
 * caller can do.
 */

interface PlainMessage {
  /** How Apollo Server's message begins. */
  readonly start: string;
  readonly message: string;
}

export const introspectionIsOff: PlainMessage = {
  start: 'GraphQL introspection is not allowed',
  message:
    'Introspection is off. Read the schema from schema/api.graphql, or start the gateway with INTROSPECTION=on.',
};

/** Refusals with the code `BAD_REQUEST` and the status 400. */
export const badRequests: readonly PlainMessage[] = [
  {
    start: 'Operation batching disabled',
    message:
      'This gateway accepts one operation per request, not a list. An operation may have several root fields.',
  },
  {
    start: 'POST body missing',
    message: 'The body must be a JSON object with an operation: send {"query": "…", "variables": {}}.',
  },
  {
    start: 'GraphQL operations must contain a non-empty `query`',
    message: 'The request has no operation: send its text as "query".',
  },
  {
    start: 'This operation has been blocked as a potential Cross-Site Request Forgery',
    message:
      'Any website could have made a browser send this request. POST with the content type application/json, or send the header apollo-require-preflight: true.',
  },
];

const all = [introspectionIsOff, ...badRequests];

/** Apollo Server's message, or the one that replaces it. */
export function plainMessage(message: string): string {
  return all.find(({ start }) => message.startsWith(start))?.message ?? message;
}
