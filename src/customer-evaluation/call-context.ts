import type { Logger } from 'pino';
import { Deadline } from '../stripe/deadline.ts';
import type { Caller } from '../stripe/stripe-client.ts';
import { type CustomerEvaluationLoader, createLoader } from './customer-evaluation.loader.ts';
import type { CustomerEvaluationServices } from './customer-evaluation.resolver.ts';

/** What a request brings to every resolver. */
export interface CallContext {
  readonly requestId: string;
  /** Who calls, until when it waits, and whether it still does; also the scope of its idempotency keys. */
  readonly onBehalfOf: Caller;
  /** Carries the request id; never given input values. */
  readonly log: Logger;
  readonly evaluations: CustomerEvaluationLoader;
}

/** What the server knows of a request. */
export interface CallFacts {
  readonly caller: string;
  readonly requestId: string;
  readonly log: Logger;
  /** What the client or router allows, if it says. */
  readonly timeoutMs: number | undefined;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
}

export function createCallContext(services: CustomerEvaluationServices, facts: CallFacts): CallContext {
  const { caller, requestId, log, timeoutMs, signal } = facts;
  const deadline = new Deadline(Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, services.deadlineMs));
  const onBehalfOf = { caller, deadline, signal };
  return { requestId, log, onBehalfOf, evaluations: createLoader(services, { log, onBehalfOf }) };
}
