import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import { Failure } from '../errors/failure.ts';
import { Refusal } from '../errors/refusal.ts';
import { customerEvaluationsPath } from '../stripe/customer-evaluation.wire.ts';
import type { CallContext } from './call-context.ts';
import type { CustomerEvaluationServices } from './customer-evaluation.resolver.ts';
import type { CustomerEvaluation } from './customer-evaluation.type.ts';
import { fromStripe } from './from-stripe.ts';
import { requireCapability } from './require-capability.ts';
import { requireOwnEvaluation } from './rights.ts';

/** Evaluations by id; null for an id that the upstream does not know. */
export type CustomerEvaluationLoader = DataLoader<string, CustomerEvaluation | null>;

/** So many of one request's evaluations are fetched at a time: it must not take the upstream from others. */
const maxParallel = 8;

type LoaderContext = Pick<CallContext, 'log' | 'onBehalfOf' | 'rights'>;

/**
 * A loader for one request: distinct ids are fetched once each, in parallel, order kept. One that fails does
 * so alone, with a `Failure`, or with `Forbidden` where it is not the caller's to see.
 */
export function createLoader(
  services: CustomerEvaluationServices,
  context: LoaderContext,
): CustomerEvaluationLoader {
  const limit = pLimit(maxParallel);
  const fetchOne = async (id: string): Promise<CustomerEvaluation | null | Error> => {
    try {
      const evaluation = await retrieve(id, services, context);
      requireOwnEvaluation(context.rights, evaluation);
      return evaluation;
    } catch (error) {
      if (error instanceof Failure || error instanceof Refusal) return error;
      throw error;
    }
  };
  // An error as a batch's item rejects that item alone (DataLoader, "Batch Function").
  return new DataLoader<string, CustomerEvaluation | null>((ids) =>
    Promise.all(ids.map((id) => limit(fetchOne, id))),
  );
}

async function retrieve(
  id: string,
  services: CustomerEvaluationServices,
  { log, onBehalfOf }: LoaderContext,
): Promise<CustomerEvaluation | null> {
  requireCapability(services.capabilities, 'retrieve', []);
  const path = pathOf(id);
  if (path === undefined) return null;
  try {
    const { evaluation, drift } = fromStripe(await services.stripe.get({ path, onBehalfOf }));
    services.drift.note(drift, log);
    return evaluation;
  } catch (error) {
    if (error instanceof Failure && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/**
 * The URL path of an evaluation; undefined for what cannot be an id. Encoding keeps it one segment, but `.` and
 * `..` mean something to URLs even so (RFC 3986, 5.2.4), and an unpaired surrogate has no encoding.
 */
export function pathOf(id: string): string | undefined {
  if (id === '' || id === '.' || id === '..' || id.length > 255 || !id.isWellFormed()) return undefined;
  return `${customerEvaluationsPath}/${encodeURIComponent(id)}`;
}
