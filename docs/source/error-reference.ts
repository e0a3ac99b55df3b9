import { ApolloServerErrorCode } from '@apollo/server/errors';
import { documentRefusals } from '../../src/access/trusted-documents.ts';
import { IdentityUnavailableError, UnauthenticatedError } from '../../src/errors/authentication-errors.ts';
import { BadRequestError } from '../../src/errors/bad-request-error.ts';
import { DrainingError } from '../../src/errors/draining-error.ts';
import { ForbiddenError } from '../../src/errors/forbidden-error.ts';
import { httpRefusal } from '../../src/errors/http-refusals.ts';
import { OverloadedError } from '../../src/errors/overloaded-error.ts';
import { RateLimitedError } from '../../src/errors/rate-limited-error.ts';
import { RequestTimeoutError } from '../../src/errors/request-timeout-error.ts';
import { failureCodes } from '../../src/errors/upstream-call-error.ts';
import { table } from './table.ts';

/** What a payload's `errors` may hold. */
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

/** What a top-level error's `extensions.code` may be, beside the above. */
export function topLevelErrorTable(): string {
  const rows = [...ourRefusals(), ...documents(), ...graphqlRefusals(), ...httpRefusals()];
  return table(
    ['code', 'status', 'retryable', 'what it says, or means'],
    rows.map(({ code, status, retryable, text }) => [`\`${code}\``, status, retryable ? 'yes' : 'no', text]),
  );
}

interface Row {
  readonly code: string;
  readonly status: string;
  readonly retryable: boolean;
  readonly text: string;
}

function ourRefusals(): Row[] {
  const refusals = [
    new UnauthenticatedError(),
    new IdentityUnavailableError(),
    ForbiddenError.lacksScope('evaluations:create'),
    ForbiddenError.otherCustomer(),
    new RateLimitedError(0),
    new OverloadedError(),
    new DrainingError(),
    new RequestTimeoutError(),
    BadRequestError.badHost(),
    BadRequestError.methodNotAllowed('GET, HEAD, POST'),
    BadRequestError.badUrl(414),
    BadRequestError.unknownExpectation(),
    BadRequestError.misdirected(),
  ];
  return refusals.map(({ code, statusCode, retryable, message }) => ({
    code,
    status: String(statusCode ?? '200, with the rest of the answer'),
    retryable,
    text: message,
  }));
}

function documents(): Row[] {
  return Object.entries(documentRefusals).map(([code, { status, message }]) => ({
    code,
    status: String(status),
    retryable: false,
    text: message,
  }));
}

/** GraphQL's own refusals, by Apollo Server's names for them. */
const fromGraphql = {
  [ApolloServerErrorCode.GRAPHQL_PARSE_FAILED]: 'The document does not parse; the message says where.',
  [ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED]:
    'The document does not match the schema, or exceeds an operation limit; the message says which.',
  [ApolloServerErrorCode.BAD_USER_INPUT]:
    'A variable or argument does not match its type, or the operation requests too much; `path` names the field.',
  [ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE]:
    'The document has several operations, and `operationName` selects none of them.',
} as const;

function graphqlRefusals(): Row[] {
  return Object.entries(fromGraphql).map(([code, text]) => ({ code, status: '400', retryable: false, text }));
}

function httpRefusals(): Row[] {
  return [400, 404, 413, 415, 431, 500].map((status) => {
    const { body } = httpRefusal({ statusCode: status }, '');
    const { errors } = body as {
      errors: [{ message: string; extensions: { code: string; retryable: boolean } }];
    };
    const [{ message, extensions }] = errors;
    return { ...extensions, status: String(status), text: message };
  });
}
