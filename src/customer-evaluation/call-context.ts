import type { Logger } from 'pino';
import { type CustomerEvaluationLoader, createLoader } from './customer-evaluation.loader.ts';
import type { CustomerEvaluationServices } from './customer-evaluation.resolver.ts';

/** What a request brings to every resolver. */
export interface CallContext {
  /** Who calls: the scope of its idempotency keys. */
  readonly caller: string;
  readonly requestId: string;
  /** Carries the request id; never given input values. */
  readonly log: Logger;
  readonly evaluations: CustomerEvaluationLoader;
}

export function createCallContext(
  services: CustomerEvaluationServices,
  request: Pick<CallContext, 'caller' | 'requestId' | 'log'>,
): CallContext {
  return { ...request, evaluations: createLoader(services, request.log) };
}
