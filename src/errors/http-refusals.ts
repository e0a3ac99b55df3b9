import { BadRequestError } from './bad-request-error.ts';
import type { ErrorCode } from './error-codes.ts';
import { GatewayError, retryAfterSeconds } from './gateway-error.ts';

/** The response to a request that is refused before it reaches GraphQL. */
export interface HttpRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In GraphQL's format, so that clients have to handle only one. */
  readonly body: object;
}

/** What the caller sees of an error that ended a request outside GraphQL: never its message, unless it is ours. */
export function httpRefusal(error: { statusCode?: number | undefined }, requestId: string): HttpRefusal {
  if (error instanceof GatewayError) return refusalByUs(error, requestId);
  const status = error.statusCode ?? 500;
  const { code, message } = refusals[status] ?? (status >= 500 ? bug : badRequest);
  // After a bug, nobody knows how far the request got.
  const effect = status >= 500 ? undefined : 'NONE';
  return {
    status,
    headers: {},
    body: { errors: [{ message, extensions: { code, retryable: false, effect, requestId } }] },
  };
}

function refusalByUs(refusal: GatewayError, requestId: string): HttpRefusal {
  const { code, message, retryable, retryAfterMs, statusCode: status = 403 } = refusal;
  return {
    status,
    headers: {
      ...(retryAfterMs === undefined ? {} : { 'retry-after': retryAfterSeconds(retryAfterMs) }),
      // A 401 must name a scheme (RFC 9110, 15.5.2); without parameters it reveals nothing (RFC 6750, 3.1).
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      // A 405 must name the supported methods (RFC 9110, 15.5.6).
      ...(refusal instanceof BadRequestError && refusal.allow !== undefined ? { allow: refusal.allow } : {}),
    },
    body: { errors: [{ message, extensions: { code, retryable, effect: 'NONE', retryAfterMs, requestId } }] },
  };
}

interface Description {
  readonly code: ErrorCode;
  readonly message: string;
}

const badRequest: Description = {
  code: 'BAD_REQUEST',
  message: 'The request cannot be read: send JSON in UTF-8, {"query": "…", "variables": {}}.',
};
/** The message for a bug, here and in GraphQL responses: it only says where to find the reason. */
export const bug: Description = {
  code: 'INTERNAL_SERVER_ERROR',
  message: 'The gateway failed. Its operators can find the reason in the log by this request id.',
};

const refusals: Readonly<Record<number, Description>> = {
  404: { code: 'NOT_FOUND', message: 'Not found. POST to /graphql.' },
  413: { code: 'BAD_REQUEST', message: 'The body or its document is larger than this gateway accepts.' },
  415: {
    code: 'BAD_REQUEST',
    message: 'Send the content type application/json, in UTF-8 and without compression.',
  },
  431: { code: 'BAD_REQUEST', message: 'The headers are larger than this gateway accepts.' },
};
