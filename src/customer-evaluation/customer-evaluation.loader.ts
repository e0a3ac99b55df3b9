import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import { GatewayError } from '../errors/gateway-error.ts';
import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import { requireAnyCustomer } from '../graph/authorization.ts';
import { logFailure } from '../graph/failure-log.ts';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import type { CustomerEvaluation } from './customer-evaluation.type.ts';
import type { EvaluationApi } from './evaluation-api.ts';
import { requireOwnEvaluation } from './ownership.ts';

/** The maximum concurrent retrievals of one request: it must not starve other requests of upstream calls. */
const maxParallel = 8;

/**
 * Retrieves evaluations by id; null for an id that the upstream does not know. Within a request, each distinct id is
 * fetched once, in parallel, and the order is kept. Each one fails separately, with an `UpstreamCallError`, or with
 * `ForbiddenError` if the caller may not see it.
 */
export class CustomerEvaluationLoader {
  readonly #api: EvaluationApi;
  readonly #ofRequests = new WeakMap<GraphQLContext, DataLoader<string, CustomerEvaluation | null>>();

  constructor(api: EvaluationApi) {
    this.#api = api;
  }

  load(id: string, context: GraphQLContext): Promise<CustomerEvaluation | null> {
    let loader = this.#ofRequests.get(context);
    if (loader === undefined) {
      loader = new DataLoader((ids) => this.#loadAll(ids, context));
      this.#ofRequests.set(context, loader);
    }
    return loader.load(id);
  }

  // An Error in a batch rejects only its item (DataLoader, "Batch Function").
  async #loadAll(
    ids: readonly string[],
    context: GraphQLContext,
  ): Promise<(CustomerEvaluation | null | Error)[]> {
    const limit = pLimit(maxParallel);
    const results = await Promise.all(ids.map((id) => limit(() => this.#loadOne(id, context))));
    // One line per code: an upstream that is down fails the whole batch with the same code.
    const failures = results.filter((result) => result instanceof UpstreamCallError);
    for (const failure of new Map(failures.map((each) => [each.code, each])).values()) {
      logFailure(failure, context.log);
    }
    return results;
  }

  async #loadOne(id: string, context: GraphQLContext): Promise<CustomerEvaluation | null | Error> {
    try {
      requireAnyCustomer(context.permissions);
      const evaluation = await this.#retrieve(id, context);
      requireOwnEvaluation(context.permissions, evaluation);
      return evaluation;
    } catch (error) {
      if (error instanceof UpstreamCallError || error instanceof GatewayError) return error;
      throw error;
    }
  }

  async #retrieve(id: string, context: GraphQLContext): Promise<CustomerEvaluation | null> {
    try {
      return await this.#api.retrieve(id, context);
    } catch (error) {
      if (!(error instanceof UpstreamCallError)) throw error;
      if (error.code === 'NOT_FOUND') return null;
      // A read has no effect, even if its response was invalid.
      throw error.withEffect('NONE');
    }
  }
}
