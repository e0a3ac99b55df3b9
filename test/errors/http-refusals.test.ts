import { describe, expect, it } from '@jest/globals';
import { IdentityUnavailableError, UnauthenticatedError } from '../../src/errors/authentication-errors.ts';
import { BadRequestError } from '../../src/errors/bad-request-error.ts';
import { DocumentRefusedError } from '../../src/errors/document-refused-error.ts';
import { DrainingError } from '../../src/errors/draining-error.ts';
import { ForbiddenError } from '../../src/errors/forbidden-error.ts';
import type { GatewayError } from '../../src/errors/gateway-error.ts';
import { httpRefusal } from '../../src/errors/http-refusals.ts';
import { OverloadedError } from '../../src/errors/overloaded-error.ts';
import { RateLimitedError } from '../../src/errors/rate-limited-error.ts';
import { RequestTimeoutError } from '../../src/errors/request-timeout-error.ts';

interface Told {
  readonly refusal: GatewayError;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly message: string;
  readonly code: string;
  readonly retryAfterMs: number | undefined;
}

const refusals: Told[] = [
  {
    refusal: new UnauthenticatedError(),
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
    message: 'Authentication failed: missing or invalid credentials.',
    code: 'UNAUTHENTICATED',
    retryAfterMs: undefined,
  },
  {
    refusal: new IdentityUnavailableError(),
    status: 503,
    headers: { 'retry-after': '5' },
    message: 'Credentials cannot be checked at the moment. Wait for retryAfterMs, then retry.',
    code: 'UNAUTHENTICATED',
    retryAfterMs: 5_000,
  },
  {
    refusal: new RateLimitedError(1_001),
    status: 429,
    headers: { 'retry-after': '2' },
    message: 'Too many calls in the last minute. Wait for retryAfterMs, then retry.',
    code: 'RATE_LIMITED',
    retryAfterMs: 1_001,
  },
  {
    refusal: new OverloadedError(),
    status: 503,
    headers: { 'retry-after': '1' },
    message: 'The gateway is overloaded. Wait for retryAfterMs, then retry with the same idempotency key.',
    code: 'OVERLOADED',
    retryAfterMs: 1_000,
  },
  {
    refusal: new RequestTimeoutError(),
    status: 408,
    headers: { 'retry-after': '1' },
    message: 'The request did not arrive in time. Retry with the same idempotency key.',
    code: 'REQUEST_TIMEOUT',
    retryAfterMs: 1_000,
  },
  {
    refusal: new DrainingError(),
    status: 503,
    headers: { 'retry-after': '1' },
    message: 'This replica is shutting down. Retry with the same idempotency key to reach another one.',
    code: 'OVERLOADED',
    retryAfterMs: 1_000,
  },
  {
    refusal: new DocumentRefusedError('PERSISTED_QUERY_NOT_FOUND'),
    status: 200,
    headers: {},
    message: 'PersistedQueryNotFound',
    code: 'PERSISTED_QUERY_NOT_FOUND',
    retryAfterMs: undefined,
  },
  {
    refusal: new DocumentRefusedError('QUERY_NOT_IN_SAFELIST'),
    status: 400,
    headers: {},
    message: 'Only trusted documents are accepted. Send one of them, by its id or with its exact text.',
    code: 'QUERY_NOT_IN_SAFELIST',
    retryAfterMs: undefined,
  },
  {
    refusal: ForbiddenError.lacksScope('evaluations:read'),
    status: 403,
    headers: {},
    message: 'The caller lacks the required scope evaluations:read.',
    code: 'FORBIDDEN',
    retryAfterMs: undefined,
  },
  {
    refusal: ForbiddenError.otherCustomer(),
    status: 403,
    headers: {},
    message: 'The caller may only act for its own customer.',
    code: 'FORBIDDEN',
    retryAfterMs: undefined,
  },
];

describe('a request that is refused before GraphQL begins', () => {
  it.each(refusals)(
    'a request that we refuse before GraphQL begins is answered $code with status $status',
    ({ refusal, status, headers, message, code, retryAfterMs }) => {
      expect(refusal.name).toBe(refusal.constructor.name);
      const answer = httpRefusal(refusal, 'my-request');
      expect(answer.status).toBe(status);
      expect(answer.headers).toEqual(headers);
      const retryable = retryAfterMs !== undefined;
      expect(answer.body).toEqual({
        errors: [
          { message, extensions: { code, retryable, effect: 'NONE', retryAfterMs, requestId: 'my-request' } },
        ],
      });
    },
  );

  it.each([
    [
      400,
      400,
      'BAD_REQUEST',
      'The request cannot be read: send JSON in UTF-8, {"query": "…", "variables": {}}.',
    ],
    [
      418,
      418,
      'BAD_REQUEST',
      'The request cannot be read: send JSON in UTF-8, {"query": "…", "variables": {}}.',
    ],
    [
      499,
      499,
      'BAD_REQUEST',
      'The request cannot be read: send JSON in UTF-8, {"query": "…", "variables": {}}.',
    ],
    [404, 404, 'NOT_FOUND', 'Not found. POST to /graphql.'],
    [413, 413, 'BAD_REQUEST', 'The body or its document is larger than this gateway accepts.'],
    [415, 415, 'BAD_REQUEST', 'Send the content type application/json, in UTF-8 and without compression.'],
    [431, 431, 'BAD_REQUEST', 'The headers are larger than this gateway accepts.'],
    [
      500,
      500,
      'INTERNAL_SERVER_ERROR',
      'The gateway failed. Its operators can find the reason in the log by this request id.',
    ],
    [
      503,
      503,
      'INTERNAL_SERVER_ERROR',
      'The gateway failed. Its operators can find the reason in the log by this request id.',
    ],
    [
      undefined,
      500,
      'INTERNAL_SERVER_ERROR',
      'The gateway failed. Its operators can find the reason in the log by this request id.',
    ],
  ])(
    'a request that is refused before GraphQL begins is answered with the status %s, never by the error’s own words',
    (statusCode, status, code, message) => {
      const error = Object.assign(new Error('canary@example.com'), { statusCode });
      const effect = status < 500 ? 'NONE' : undefined;
      expect(httpRefusal(error, 'my-request')).toEqual({
        status,
        headers: {},
        body: {
          errors: [{ message, extensions: { code, retryable: false, effect, requestId: 'my-request' } }],
        },
      });
    },
  );
});

describe('a request whose form its sender can mend', () => {
  it.each([
    [BadRequestError.badUrl(), 400, {}],
    [BadRequestError.badUrl(414), 414, {}],
    [BadRequestError.badHost(), 400, {}],
    [BadRequestError.misdirected(), 421, {}],
    [BadRequestError.unknownExpectation(), 417, {}],
    [BadRequestError.malformedDocument(), 400, {}],
    [BadRequestError.methodNotAllowed('GET, POST'), 405, { allow: 'GET, POST' }],
  ])(
    'a malformed request is refused with a message that says how to fix it: %s',
    (refusal, status, headers) => {
      expect(httpRefusal(refusal, 'my-request')).toEqual({
        status,
        headers,
        body: {
          errors: [
            {
              message: refusal.message,
              extensions: { code: 'BAD_REQUEST', retryable: false, effect: 'NONE', requestId: 'my-request' },
            },
          ],
        },
      });
    },
  );
});
