import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { GatewayError } from '../errors/gateway-error.ts';
import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import { type Permissions, requireAnyCustomer, requireOwnEvaluation } from '../graph/authorization.ts';
import { logFailure } from '../graph/failure-log.ts';
import { encodeForm } from '../stripe/http/form-encoding.ts';
import type { Caller } from '../stripe/http/stripe-client.ts';
import { retrieveEvaluation } from '../stripe/operations.ts';
import { requireCapability } from './capabilities.ts';
import type { CustomerEvaluation } from './customer-evaluation.type.ts';
import type { CustomerEvaluationDependencies } from './dependencies.ts';
import { pathOf } from './evaluation-url.ts';
import { fromStripe } from './from-stripe.ts';

/** Evaluations by id; null for an id that the upstream does not know. */
export type CustomerEvaluationLoader = DataLoader<string, CustomerEvaluation | null>;

/** The maximum concurrent retrievals of one request: it must not starve other requests of upstream calls. */
const maxParallel = 8;

/** On whose behalf a loader fetches, and what that caller may see. */
interface LoaderContext {
  readonly log: Logger;
  readonly onBehalfOf: Caller;
  readonly rights: Permissions;
}

/**
 * `events` is null unless asked for, and what became of an evaluation is why one is retrieved. Always asked for,
 * so that an evaluation is one fetch whatever the selections of it in one operation. Signals come unasked.
 */
const expansion = encodeForm({ expand: ['events'] });

/**
 * A loader for one request: distinct ids are fetched once each, in parallel, order kept. One that fails does
 * so alone, with a `UpstreamCallError`, or with `ForbiddenError` where it is not the caller's to see.
 */
export function createLoader(
  services: CustomerEvaluationDependencies,
  context: LoaderContext,
): CustomerEvaluationLoader {
  const fetchOne = async (id: string): Promise<CustomerEvaluation | null | Error> => {
    try {
      requireAnyCustomer(context.rights);
      const evaluation = await retrieve(id, services, context);
      requireOwnEvaluation(context.rights, evaluation);
      return evaluation;
    } catch (error) {
      if (error instanceof UpstreamCallError || error instanceof GatewayError) return error;
      throw error;
    }
  };
  return new DataLoader<string, CustomerEvaluation | null>(async (ids) => {
    const limit = pLimit(maxParallel);
    const results = await Promise.all(ids.map((id) => limit(fetchOne, id)));
    // One line for each code: an upstream that is down fails a whole batch alike.
    const failures = results.filter((result) => result instanceof UpstreamCallError);
    for (const failure of new Map(failures.map((each) => [each.code, each])).values()) {
      logFailure(failure, context.log);
    }
    // A UpstreamCallError as a batch's item rejects that item alone (DataLoader, "Batch Function").
    return results;
  });
}

async function retrieve(
  id: string,
  services: CustomerEvaluationDependencies,
  { log, onBehalfOf }: LoaderContext,
): Promise<CustomerEvaluation | null> {
  requireCapability(services.capabilities, 'retrieve', []);
  const path = pathOf(id);
  if (path === undefined) return null;
  try {
    const answer = await services.stripe.get({
      operation: retrieveEvaluation,
      path: `${path}?${expansion}`,
      onBehalfOf,
    });
    const { evaluation, drift } = fromStripe(answer, { id });
    services.drift.note(drift, log);
    return evaluation;
  } catch (error) {
    if (!(error instanceof UpstreamCallError)) throw error;
    if (error.code === 'NOT_FOUND') return null;
    // Reading has no effect, also where what was read is not what was asked for.
    throw error.withEffect('NONE');
  }
}
