import type { Logger } from 'pino';
import type { Permissions } from '../access/permissions.ts';
import type { Call } from '../stripe/http/call.ts';
import type { RequestRecord } from '../telemetry/request-record.ts';

/**
 * The context of a request for its resolvers. It extends `Call`, so that resolvers can pass it to upstream calls
 * unchanged.
 */
export interface GraphQLContext extends Call {
  readonly requestId: string;
  readonly permissions: Permissions;
  /** Charges upstream calls to the caller. Rejects with `RateLimitedError` if the caller has none left. */
  readonly charge: (calls: number) => Promise<void>;
  /** Adds the request id. Input values must never be logged. */
  readonly log: Logger;
  /** Records the request's result for metrics, traces and the log. */
  readonly observer: RequestRecord;
  /** The client's keys of the mutations that this request has run. */
  readonly idempotencyKeys: string[];
}
