import { Refusal } from './refusal.ts';

/** The request did not arrive within its time: its sender is slow, or this process had no time to read it. */
export class LateRequest extends Refusal {
  override readonly name = 'LateRequest';
  override readonly code = 'REQUEST_TIMEOUT';
  override readonly statusCode = 408;
  override readonly retryAfterMs = 1_000;

  constructor() {
    super('The request did not arrive in time. Repeat with the same idempotency key.');
  }
}
