import { Refusal } from './refusal.ts';

/** This replica takes no new work any more. */
export class Draining extends Refusal {
  override readonly name = 'Draining';
  override readonly code = 'OVERLOADED';
  override readonly statusCode = 503;
  override readonly retryAfterMs = 1_000;

  constructor() {
    super('This replica is going away. Repeat with the same idempotency key: another one will answer.');
  }
}
