import { createHash } from 'node:crypto';
import { type DocumentNode, Kind, type OperationTypeNode, parse, print, separateOperations } from 'graphql';

/** Apollo's format, which Apollo Router and Apollo Client read. */
export interface PersistedQueryManifest {
  readonly format: 'apollo-persisted-query-manifest';
  readonly version: 1;
  readonly operations: readonly {
    /** The SHA-256 of `body`, in hexadecimal. */
    readonly id: string;
    readonly name: string;
    readonly type: `${OperationTypeNode}`;
    readonly body: string;
  }[];
}

/** The operations in a text, each separate with the fragments that it uses, as graphql-js prints them. */
export function manifestOf(text: string): PersistedQueryManifest {
  const operations = Object.entries(separateOperations(parse(text))).map(([name, document]) => {
    const body = print(document);
    return { id: sha256(body), name, type: typeOf(document), body };
  });
  return { format: 'apollo-persisted-query-manifest', version: 1, operations };
}

function typeOf({ definitions }: DocumentNode): `${OperationTypeNode}` {
  const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return operation?.operation ?? 'query';
}

/** The hash that identifies persisted documents in all tools. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
