import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import type { Logger } from 'pino';

interface LogContext extends BaseContext {
  readonly log?: Logger;
}

/** An operation is named by who wrote the document: a stranger may have. */
const maxNameLength = 80;

/** One line for each operation: what ran, how long, and how it ended. Never variables or results. */
export function operationLogPlugin(): ApolloServerPlugin<LogContext> {
  return {
    requestDidStart: async () => {
      const start = performance.now();
      return {
        willSendResponse: async ({ contextValue, operation, operationName, errors }) => {
          contextValue.log?.info(
            {
              operation: operation?.operation,
              operationName: operationName?.slice(0, maxNameLength),
              outcome: errors?.[0]?.extensions['code'] ?? (errors === undefined ? 'OK' : 'ERROR'),
              durationMs: Math.round((performance.now() - start) * 10) / 10,
            },
            'operation',
          );
        },
      };
    },
  };
}
