import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import ky, { isHTTPError } from 'ky';

/** What comes back: data, or errors that kept the operation from running. */
export interface GraphQLAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Nobody knows whether anything happened: repeat under the same key. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * Sends an operation whose variables and answer the compiler knows. One that the gateway refuses for now is repeated
 * twice, after `Retry-After`: with the same variables, so under the same idempotency key. Rejects with `NoAnswer`
 * where no answer comes.
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
          // Where no answer comes, the person is told, and repeats.
          shouldRetry: ({ error }) => (isHTTPError(error) ? undefined : false),
        },
      })
      .json<GraphQLAnswer<Data>>();
  } catch (cause) {
    // A refusal says why in GraphQL's form.
    if (isHTTPError<GraphQLAnswer<Data>>(cause) && typeof cause.data === 'object') return cause.data;
    throw new NoAnswer('the gateway did not answer', { cause });
  }
}
