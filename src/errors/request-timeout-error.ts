import { GatewayError } from './gateway-error.ts';

/** The request did not arrive within its time: its sender is slow, or this process had no time to read it. */
export class RequestTimeoutError extends GatewayError {
  override readonly name = 'RequestTimeoutError';
  override readonly code = 'REQUEST_TIMEOUT';
  override readonly statusCode = 408;
  override readonly retryAfterMs = 1_000;

  constructor() {
    super('The request did not arrive in time. Retry with the same idempotency key.');
  }
}
