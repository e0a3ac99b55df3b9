import type { Logger } from 'pino';

/** What a request brings to every resolver. */
export interface CallContext {
  /** Who calls: the scope of its idempotency keys. */
  readonly caller: string;
  readonly requestId: string;
  /** Carries the request id; never given input values. */
  readonly log: Logger;
}
