import { Refusal } from './refusal.ts';

/** The gateway sheds the call: too many are in flight. */
export class Overloaded extends Refusal {
  override readonly name = 'Overloaded';
  override readonly code = 'OVERLOADED';
  override readonly statusCode = 503;
  override readonly retryAfterMs = 1_000;

  constructor() {
    super('The gateway is at its limit of calls in flight. Wait, then repeat with the same idempotency key.');
  }
}
