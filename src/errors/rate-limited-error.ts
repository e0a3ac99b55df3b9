import { GatewayError } from './gateway-error.ts';

/** The caller, or its address, is over its limit for the current minute. */
export class RateLimitedError extends GatewayError {
  override readonly name = 'RateLimitedError';
  override readonly code = 'RATE_LIMITED';
  override readonly statusCode = 429;
  override readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('Too many calls in the last minute. Wait for retryAfterMs, then retry.');
    this.retryAfterMs = retryAfterMs;
  }
}
