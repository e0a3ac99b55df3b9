import { GatewayError } from './gateway-error.ts';

/** Authentication failed. The message never says why, because that would help attackers; the log does. */
export class UnauthenticatedError extends GatewayError {
  override readonly name = 'UnauthenticatedError';
  override readonly code = 'UNAUTHENTICATED';
  override readonly statusCode = 401;

  constructor() {
    super('Authentication failed: missing or invalid credentials.');
  }
}

/** No caller can be authenticated at the moment: the issuer's keys are unavailable. */
export class IdentityUnavailableError extends GatewayError {
  override readonly name = 'IdentityUnavailableError';
  override readonly code = 'UNAUTHENTICATED';
  override readonly outcome = 'IDENTITY_UNAVAILABLE';
  override readonly statusCode = 503;
  override readonly retryAfterMs = 5_000;

  constructor() {
    super('Credentials cannot be checked at the moment. Wait for retryAfterMs, then retry.');
  }
}
