import type { Logger } from 'pino';
import type { Permissions } from '../access/permissions.ts';
import type { Call } from '../stripe/http/call.ts';
import type { RequestRecord } from '../telemetry/request-record.ts';

/**
 * What a request brings to every resolver: the circumstances of its upstream calls, which are passed on as they stand,
 * and what its caller may do.
 */
export interface GraphQLContext extends Call {
  readonly requestId: string;
  readonly permissions: Permissions;
  /** Charges upstream calls to the caller. Rejects with `RateLimitedError` if the caller has none left. */
  readonly charge: (calls: number) => Promise<void>;
  /** Carries the request id; never given input values. */
  readonly log: Logger;
  /** What the request came to, for metrics, traces and log. */
  readonly observer: RequestRecord;
  /** Under which mutations of this request have run, as the client knows them. */
  readonly idempotencyKeys: string[];
}
