import { GatewayError } from './gateway-error.ts';

/** The request is malformed. Its sender can fix it, and no later layer needs to see it. */
export class BadRequestError extends GatewayError {
  override readonly name = 'BadRequestError';
  override readonly code = 'BAD_REQUEST';
  override readonly statusCode: number;
  /** The methods that the path supports, for the header `Allow`. */
  readonly allow: string | undefined;

  private constructor(statusCode: number, message: string, allow?: string) {
    super(message);
    this.statusCode = statusCode;
    this.allow = allow;
  }

  static badUrl(statusCode = 400): BadRequestError {
    const message =
      statusCode === 414
        ? 'The URL is too long. POST to /graphql instead.'
        : 'The URL is not valid. POST to /graphql.';
    return new BadRequestError(statusCode, message);
  }

  static badHost(): BadRequestError {
    return new BadRequestError(400, 'Send exactly one Host header, with a valid host and port.');
  }

  /** Does not list the accepted names, since the sender may be anybody. */
  static misdirected(): BadRequestError {
    return new BadRequestError(
      421,
      'This gateway does not serve the host in the request. Call it as localhost or 127.0.0.1, or add the host to ALLOWED_HOSTS.',
    );
  }

  static unknownExpectation(): BadRequestError {
    return new BadRequestError(
      417,
      'This Expect header is not supported. Omit it, or send Expect: 100-continue.',
    );
  }

  static tooManyChunks(): BadRequestError {
    return new BadRequestError(
      400,
      'The body arrived in too many small chunks. Send it in one piece, or in chunks of a kilobyte or more.',
    );
  }

  static tooManyHeaders(): BadRequestError {
    return new BadRequestError(431, 'The request has too many header fields.');
  }

  static notAcceptable(): BadRequestError {
    return new BadRequestError(
      406,
      'The Accept header allows neither application/json nor application/graphql-response+json.',
    );
  }

  static malformedDocument(): BadRequestError {
    return new BadRequestError(
      400,
      'The query contains a lone surrogate, which UTF-8 cannot encode. Send surrogates in pairs only.',
    );
  }

  static methodNotAllowed(allow: string): BadRequestError {
    return new BadRequestError(
      405,
      `This path allows ${allow}. Operations are sent by POST to /graphql.`,
      allow,
    );
  }
}
