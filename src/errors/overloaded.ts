/**
 * The gateway sheds the call before anything was sent: too many are in flight. Leaves as the top-level error
 * `OVERLOADED` with status 503 and `Retry-After`.
 */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
  readonly retryAfterMs = 1_000;

  constructor() {
    super('The gateway is at its limit of calls in flight. Wait, then repeat with the same idempotency key.');
  }
}
