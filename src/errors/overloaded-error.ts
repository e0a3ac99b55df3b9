import { GatewayError } from './gateway-error.ts';

/** The gateway sheds the call: too many are in flight, or the process has no time for it. */
export class OverloadedError extends GatewayError {
  override readonly name = 'OverloadedError';
  override readonly code = 'OVERLOADED';
  override readonly statusCode = 503;
  override readonly retryAfterMs = 1_000;

  constructor() {
    super('The gateway is overloaded. Wait for retryAfterMs, then retry with the same idempotency key.');
  }
}
