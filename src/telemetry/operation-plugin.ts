import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { operationLabel } from './operation-label.ts';
import type { RequestRecord } from './request-record.ts';

interface RecordedContext extends BaseContext {
  readonly observer: RequestRecord;
}

/** Operation names come from clients, so their length is limited. */
const maxNameLength = 80;

/** An operation's name, truncated for log and traces. */
export function operationNameForLog(name: string | null | undefined): string | undefined {
  return name?.slice(0, maxNameLength);
}

/** Reports each operation and its result code to the request's record. Never variables or results. */
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
            // Without a validated document, its field names come from the client.
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

// The code that the caller sees: internal errors may have no code, or a library's.
function codeOf(body: ResponseBody): unknown {
  if (body.kind !== 'single') return 'OTHER';
  const extensions: { code?: unknown } | undefined = body.singleResult.errors?.[0]?.extensions;
  return extensions?.code ?? 'INTERNAL_SERVER_ERROR';
}
