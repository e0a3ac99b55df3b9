import type { Logger } from 'pino';
import {
  type CustomerEvaluationLoader,
  createLoader,
} from '../customer-evaluation/customer-evaluation.loader.ts';
import type { CustomerEvaluationDependencies } from '../customer-evaluation/dependencies.ts';
import { Deadline } from '../stripe/http/deadline.ts';
import type { Caller } from '../stripe/http/stripe-client.ts';
import type { RequestRecord } from '../telemetry/request-record.ts';
import type { Permissions } from './authorization.ts';

/** What a request brings to every resolver. */
export interface CallContext {
  readonly requestId: string;
  /** The caller, its deadline, and its abort signal; also the scope of its idempotency keys. */
  readonly onBehalfOf: Caller;
  readonly rights: Permissions;
  /** Charges upstream calls to the caller. Rejects with `RateLimitedError` if the caller has none left. */
  readonly charge: (calls: number) => Promise<void>;
  /** Carries the request id; never given input values. */
  readonly log: Logger;
  /** What the request came to, for metrics, traces and log. */
  readonly record: RequestRecord;
  readonly evaluations: CustomerEvaluationLoader;
  /** Under which mutations of this request have run, as the client knows them. */
  readonly idempotencyKeys: string[];
}

/** What the server knows of a request. */
export interface CallFacts {
  /** A caller's id, and no other's. */
  readonly caller: string;
  readonly rights: Permissions;
  readonly charge: (calls: number) => Promise<void>;
  readonly requestId: string;
  readonly log: Logger;
  readonly record: RequestRecord;
  /** What the client or router allows, if it says. */
  readonly timeoutMs: number | undefined;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
}

export function createCallContext(services: CustomerEvaluationDependencies, facts: CallFacts): CallContext {
  const { caller, rights, charge, requestId, log, record, timeoutMs, signal } = facts;
  const deadline = new Deadline(Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, services.deadlineMs));
  const onBehalfOf = { caller, deadline, signal, observer: record };
  const evaluations = createLoader(services, { log, onBehalfOf, rights });
  return { requestId, log, record, onBehalfOf, rights, charge, evaluations, idempotencyKeys: [] };
}
