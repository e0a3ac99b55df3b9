import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';

/** What comes back: data, or errors that kept the operation from running. */
export interface GraphQLAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Nobody knows whether anything happened: repeat under the same key. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Sends an operation whose variables and answer the compiler knows. Rejects with `NoAnswer` where none comes. */
export async function send<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<GraphQLAnswer<Data>> {
  try {
    const response = await fetch('graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: print(document), variables }),
    });
    return (await response.json()) as GraphQLAnswer<Data>;
  } catch (cause) {
    throw new NoAnswer('the gateway did not answer', { cause });
  }
}
