import { IdentityUnavailableError, UnauthenticatedError } from '../../src/errors/authentication-errors.ts';
import { BadRequestError } from '../../src/errors/bad-request-error.ts';
import { DocumentRefusedError } from '../../src/errors/document-refused-error.ts';
import { DrainingError } from '../../src/errors/draining-error.ts';
import { failureCodes, type TopLevelCode } from '../../src/errors/error-codes.ts';
import { ForbiddenError } from '../../src/errors/forbidden-error.ts';
import type { GatewayError } from '../../src/errors/gateway-error.ts';
import { httpRefusal } from '../../src/errors/http-refusals.ts';
import { OverloadedError } from '../../src/errors/overloaded-error.ts';
import { RateLimitedError } from '../../src/errors/rate-limited-error.ts';
import { RequestTimeoutError } from '../../src/errors/request-timeout-error.ts';
import { badRequests, introspectionIsOff } from '../../src/graph/plain-messages.ts';
import { table } from './table.ts';

/** The codes in a payload's `errors`. */
export function payloadErrorTable(): string {
  return table(
    ['code', 'retryable', 'what it means, and what to do'],
    Object.entries(failureCodes).map(([code, { retryable, description }]) => [
      `\`${code}\``,
      retryable ? 'yes' : 'no',
      description,
    ]),
  );
}

/** The other codes in a top-level error's `extensions.code`. */
export function topLevelErrorTable(): string {
  return table(
    ['code', 'status', 'retryable', 'message or meaning'],
    Object.entries(topLevelErrors).flatMap(([code, rows]) =>
      rows.map(({ status, retryable, text }) => [`\`${code}\``, status, retryable ? 'yes' : 'no', text]),
    ),
  );
}

interface Row {
  readonly status: string;
  readonly retryable: boolean;
  readonly text: string;
}

/** Every code that only a top-level error has; and the two of payloads that mean something else here. */
const topLevelErrors: Record<TopLevelCode | 'BAD_USER_INPUT' | 'NOT_FOUND', readonly Row[]> = {
  UNAUTHENTICATED: thrown(new UnauthenticatedError(), new IdentityUnavailableError()),
  FORBIDDEN: thrown(
    ForbiddenError.lacksScope('evaluations:create'),
    ForbiddenError.noAccount(),
    ForbiddenError.otherCustomer(),
  ),
  RATE_LIMITED: thrown(new RateLimitedError(0)),
  OVERLOADED: thrown(new OverloadedError(), new DrainingError()),
  REQUEST_TIMEOUT: thrown(new RequestTimeoutError()),
  BAD_REQUEST: [
    ...thrown(
      BadRequestError.badHost(),
      BadRequestError.methodNotAllowed('GET, HEAD, POST'),
      BadRequestError.notAcceptable(),
      BadRequestError.badUrl(414),
      BadRequestError.unknownExpectation(),
      BadRequestError.misdirected(),
    ),
    ...[400, 413, 415, 431].map(ofStatus),
    ...badRequests.map(({ message }) => notRetryable(400, message)),
  ],
  PERSISTED_QUERY_NOT_FOUND: thrown(new DocumentRefusedError('PERSISTED_QUERY_NOT_FOUND')),
  PERSISTED_QUERY_NOT_IN_LIST: thrown(new DocumentRefusedError('PERSISTED_QUERY_NOT_IN_LIST')),
  QUERY_NOT_IN_SAFELIST: thrown(new DocumentRefusedError('QUERY_NOT_IN_SAFELIST')),
  PERSISTED_QUERY_HASH_MISMATCH: thrown(new DocumentRefusedError('PERSISTED_QUERY_HASH_MISMATCH')),
  PERSISTED_QUERY_NOT_SUPPORTED: [
    notRetryable(
      200,
      'PersistedQueryNotSupported: trusted documents are off. Send the text of the document.',
    ),
  ],
  GRAPHQL_PARSE_FAILED: [notRetryable(400, 'The document does not parse; the message says where.')],
  GRAPHQL_VALIDATION_FAILED: [
    notRetryable(
      400,
      'The document does not match the schema, or exceeds an operation limit; the message says which.',
    ),
    notRetryable(400, introspectionIsOff.message),
  ],
  BAD_USER_INPUT: [
    notRetryable(
      400,
      'A variable or argument does not match its type, or the operation requests too much; `path` names the field.',
    ),
  ],
  OPERATION_RESOLUTION_FAILURE: [
    notRetryable(400, 'The document has several operations, and `operationName` selects none of them.'),
  ],
  NOT_FOUND: [ofStatus(404)],
  INTERNAL_SERVER_ERROR: [ofStatus(500)],
};

function thrown(...errors: readonly GatewayError[]): Row[] {
  return errors.map(({ statusCode, retryable, message }) => ({
    status: String(statusCode ?? '200; the other fields are answered'),
    retryable,
    text: message,
  }));
}

function ofStatus(status: number): Row {
  const { body } = httpRefusal({ statusCode: status }, '');
  const { errors } = body as { errors: [{ message: string; extensions: { retryable: boolean } }] };
  const [{ message, extensions }] = errors;
  return { status: String(status), retryable: extensions.retryable, text: message };
}

function notRetryable(status: number, text: string): Row {
  return { status: String(status), retryable: false, text };
}
