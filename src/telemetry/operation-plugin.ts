import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { operationLabel } from './operation-label.ts';
import type { RequestRecord } from './request-record.ts';

interface RecordedContext extends BaseContext {
  readonly observer: RequestRecord;
}

/** An operation is named by who wrote the document: a stranger may have. */
const maxNameLength = 80;

/** An operation's name, as far as log and traces take it. */
export function operationNameForLog(name: string | null | undefined): string | undefined {
  return name?.slice(0, maxNameLength);
}

/** Tells a request's record what was run and how it ended. Never variables or results. */
export function operationPlugin(): ApolloServerPlugin<RecordedContext> {
  return {
    requestDidStart: async ({ contextValue: { observer: record } }) => {
      record.operationStarted();
      return {
        willSendResponse: async ({ operation, operationName, errors, queryHash, response }) => {
          record.operationEnded({
            type: operation?.operation,
            name: operationNameForLog(operationName),
            documentHash: queryHash,
            // Without a document that was understood, its fields are anybody's.
            label: operation === undefined ? 'none' : operationLabel(operation),
            code: errors === undefined ? undefined : codeOf(response.body),
          });
        },
      };
    },
  };
}

type ResponseBody =
  | { kind: 'single'; singleResult: { errors?: readonly { extensions?: object }[] } }
  | { kind: 'incremental' };

// As the caller sees it: an error inside may have no code, or one of a library's.
function codeOf(body: ResponseBody): unknown {
  if (body.kind !== 'single') return 'OTHER';
  const extensions: { code?: unknown } | undefined = body.singleResult.errors?.[0]?.extensions;
  return extensions?.code ?? 'INTERNAL_SERVER_ERROR';
}
