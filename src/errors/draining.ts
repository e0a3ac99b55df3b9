import { Refusal } from './refusal.ts';

/** This replica takes no new work any more. */
export class Draining extends Refusal {
  override readonly name = 'Draining';
  override readonly code = 'OVERLOADED';
  override readonly statusCode = 503;
  override readonly retryAfterMs = 1_000;
  // Not load shedding: a rolling restart must not look like a gateway that is too small.
  override readonly outcome = 'DRAINING';

  constructor() {
    super('This replica is going away. Repeat with the same idempotency key: another one will answer.');
  }
}
