import { type ApolloServerPlugin, type BaseContext, HeaderMap } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { addEffect, completeRefusal } from '../errors/complete-refusal.ts';
import { describeError } from '../errors/describe-error.ts';
import { type ErrorCode, withoutKey } from '../errors/error-codes.ts';
import { GatewayError, retryAfterSeconds } from '../errors/gateway-error.ts';
import { bug } from '../errors/http-refusals.ts';
import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import { addAcceptedValues } from './name-choices.ts';
import { plainMessage } from './plain-messages.ts';
import { redactSchemaNames } from './redact-schema-names.ts';
import { redactValues } from './redact-values.ts';

/*
 * The one place that decides what a caller sees of a top-level error: GraphQL's own refusals, and bugs. A payload's
 * `errors` hold only `UpstreamCallError`s.
 */

/** The part of the context that errors need. */
interface ErrorContext extends BaseContext {
  readonly requestId?: string;
  readonly idempotencyKeys?: readonly string[];
  readonly log?: Logger;
}

/**
 * Before errors are formatted: removes values from GraphQL's refusals (with `hideSchema`, also names that the request
 * did not contain), adds what the caller can do, and logs bugs.
 */
export function errorsPlugin({ hideSchema }: { hideSchema: boolean }): ApolloServerPlugin<ErrorContext> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, schema, document, operation, request, source, contextValue }) => {
        // Before names are hidden, which would take words out of Apollo Server's messages.
        for (const error of errors) error.message = plainMessage(error.message);
        redactValues(errors, { schema, document, operation, variables: request.variables });
        if (hideSchema) redactSchemaNames(errors, { source, variables: request.variables });
        else addAcceptedValues(errors, schema);
        for (const error of errors) {
          if (isRequestError(error)) {
            Object.assign(error.extensions, {
              code: 'BAD_REQUEST' satisfies ErrorCode,
              http: { status: 400 },
            });
          }
          const cause = causeOf(error);
          if (cause instanceof UpstreamCallError) continue;
          if (cause instanceof GatewayError) {
            if (isBelowField(error)) addEffect(error.extensions, contextValue);
            continue;
          }
          if (isRaisedOnPurpose(error)) {
            completeRefusal(error.extensions, contextValue);
            continue;
          }
          error.extensions['requestId'] = contextValue.requestId;
          contextValue.log?.error(
            describeError(error.originalError ?? error),
            'unhandled error in an operation',
          );
        }
      },
      // Only here is the operation's whole result known.
      willSendResponse: async ({ errors = [], response }) => {
        const { body, http } = response;
        if (body.kind !== 'single') return;
        const { data } = body.singleResult;
        const refusal = refusalOfWhole(errors, data);
        if (refusal === undefined) return;
        const { status, headers } = refusalHead(refusal);
        if (status !== undefined) http.status = status;
        for (const [name, value] of headers) http.headers.set(name, value);
      },
    }),
  };
}

/**
 * The refusal that sets the response's status; undefined if a field succeeded or failed in another way. HTTP clients
 * retry a 429 or 503 automatically, and a retry would repeat what succeeded.
 */
function refusalOfWhole(
  errors: readonly GraphQLError[],
  data: Readonly<Record<string, unknown>> | null | undefined,
): GatewayError | undefined {
  if (Object.values(data ?? {}).some((value) => value !== null)) return undefined;
  const causes = errors.map(causeOf);
  if (!causes.every((cause) => cause instanceof GatewayError)) return undefined;
  return causes.find(({ statusCode }) => statusCode !== undefined) ?? causes[0];
}

// Apollo's own unwrapping misses errors that a plugin threw before any field was run.
function causeOf(error: unknown): unknown {
  const thrown = error instanceof GraphQLError ? error.originalError : undefined;
  return thrown instanceof GatewayError ? thrown : unwrapResolverError(error);
}

/** The error for the caller: a neutral message for a bug; otherwise its message, location and code. */
export function presentError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = causeOf(error);
  if (cause instanceof UpstreamCallError) {
    return { ...formatted, message: withoutKey(formatted.message), extensions: failureExtensions(cause) };
  }
  if (cause instanceof GatewayError) {
    const { code, retryable, retryAfterMs } = cause;
    const { effect = 'NONE', idempotencyKeys } = formatted.extensions ?? {};
    return { ...formatted, extensions: { code, retryable, effect, retryAfterMs, idempotencyKeys } };
  }
  if (isRaisedOnPurpose(error)) {
    const { stacktrace: _, ...extensions } = formatted.extensions ?? {};
    return { ...formatted, message: plainMessage(formatted.message), extensions };
  }
  const { locations, path } = formatted;
  return {
    message: bug.message,
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
    extensions: {
      code: bug.code,
      retryable: false,
      requestId: formatted.extensions?.['requestId'],
    },
  };
}

function refusalHead({ statusCode, retryAfterMs }: GatewayError): { status?: number; headers: HeaderMap } {
  return {
    ...(statusCode === undefined ? {} : { status: statusCode }),
    headers: new HeaderMap(
      retryAfterMs === undefined ? [] : [['retry-after', retryAfterSeconds(retryAfterMs)]],
    ),
  };
}

// A query's failure, since a query has no payload with `errors`.
function failureExtensions(failure: UpstreamCallError): Record<string, unknown> {
  const { code, retryable, effect, retryAfterMs, upstreamRequestId } = failure;
  return { code, retryable, effect, retryAfterMs, upstreamRequestId };
}

/**
 * Whether the executor refused a request that passed validation, such as one with too many invalid variables: no field
 * was run, and the document or the variables are invalid (GraphQL, 7.1.3, "Request Errors").
 */
function isRequestError({ extensions, originalError, path }: GraphQLError): boolean {
  return path === undefined && originalError === undefined && extensions['code'] === undefined;
}

/** Whether the error is below a root field: a mutation has run by then. */
function isBelowField({ path = [] }: GraphQLError): boolean {
  return path.length > 1;
}

// Deliberate errors have a code. A GraphQLError without one comes from the executor and quotes a value that a resolver
// returned; any other error was thrown. Both are bugs.
function isRaisedOnPurpose(error: unknown): boolean {
  return (
    error instanceof GraphQLError &&
    error.extensions['code'] !== undefined &&
    unwrapResolverError(error) instanceof GraphQLError
  );
}
