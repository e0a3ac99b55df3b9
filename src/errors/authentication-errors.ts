import { GatewayError } from './gateway-error.ts';

/** Nobody knows who calls. Never says why: that would help only those who try. The log does. */
export class UnauthenticatedError extends GatewayError {
  override readonly name = 'UnauthenticatedError';
  override readonly code = 'UNAUTHENTICATED';
  override readonly statusCode = 401;

  constructor() {
    super('Authentication failed: missing or invalid credentials.');
  }
}

/** Who calls cannot be found out at the moment, whoever it is: the issuer's keys are not to be had. */
export class IdentityUnavailableError extends GatewayError {
  override readonly name = 'IdentityUnavailableError';
  override readonly code = 'UNAUTHENTICATED';
  override readonly statusCode = 503;
  override readonly retryAfterMs = 5_000;

  constructor() {
    super('Credentials cannot be checked at the moment. Wait for retryAfterMs, then retry.');
  }
}
