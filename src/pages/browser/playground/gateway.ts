import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import ky, { isHTTPError } from 'ky';

/** The response: data, or errors that kept the operation from running. */
export interface GraphQLAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** The result is unknown: retry with the same key. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * Sends a typed operation. If the gateway asks to retry later, it is retried twice, after `Retry-After`: with the same
 * variables, and so the same idempotency key. Rejects with `NoAnswer` without a response.
 */
export async function send<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<GraphQLAnswer<Data>> {
  try {
    return await ky
      .post('graphql', {
        json: { query: print(document), variables },
        timeout: 30_000,
        retry: {
          limit: 2,
          methods: ['post'],
          statusCodes: [429, 503],
          maxRetryAfter: 2_000,
          // Without a response, the person is asked to retry.
          shouldRetry: ({ error }) => (isHTTPError(error) ? undefined : false),
        },
      })
      .json<GraphQLAnswer<Data>>();
  } catch (cause) {
    // A refusal has a body in GraphQL's format.
    if (isHTTPError<GraphQLAnswer<Data>>(cause) && typeof cause.data === 'object') return cause.data;
    throw new NoAnswer('the gateway did not answer', { cause });
  }
}
