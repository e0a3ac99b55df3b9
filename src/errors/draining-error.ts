import { GatewayError } from './gateway-error.ts';

/** This replica is shutting down and accepts no new requests. */
export class DrainingError extends GatewayError {
  override readonly name = 'DrainingError';
  override readonly code = 'OVERLOADED';
  override readonly statusCode = 503;
  override readonly retryAfterMs = 1_000;
  // Not load shedding: a rolling restart must not look like a gateway that is too small.
  override readonly outcome = 'DRAINING';

  constructor() {
    super('This replica is shutting down. Retry with the same idempotency key to reach another one.');
  }
}
