import {
  type AccountDecisionParams,
  accountEvaluationsPath,
  type CreateAccountEvaluationParams,
} from './account-evaluation.wire.ts';
import type { Call } from './http/call.ts';
import { jsonBody } from './http/json-body.ts';
import type { UpstreamOperation } from './http/observer.ts';
import type { UpstreamResponse } from './http/response.ts';
import type { StripeClient } from './http/stripe-client.ts';

/** The operations of this resource, under the same names as v1's. `activitiesPath` depends on the API version. */
const operationsOf = (activitiesPath: string) =>
  ({
    create: { name: 'create', method: 'POST', pathTemplate: accountEvaluationsPath },
    retrieve: { name: 'retrieve', method: 'GET', pathTemplate: `${accountEvaluationsPath}/{id}` },
    report: { name: 'report', method: 'POST', pathTemplate: activitiesPath },
  }) as const satisfies Record<string, UpstreamOperation>;

/**
 * Stripe's v2 account evaluations, and the account activities that report on them. Responses are JSON of unknown shape;
 * failures are `UpstreamCallError`s. Source: https://docs.stripe.com/api/v2/signals
 */
export class AccountEvaluations {
  readonly operations: ReturnType<typeof operationsOf>;
  readonly #stripe: StripeClient;

  constructor(stripe: StripeClient, activitiesPath: string) {
    this.#stripe = stripe;
    this.operations = operationsOf(activitiesPath);
  }

  create(
    params: CreateAccountEvaluationParams,
    idempotencyKey: string,
    call: Call,
  ): Promise<UpstreamResponse> {
    const operation = this.operations.create;
    const path = operation.pathTemplate;
    return this.#stripe.post({ operation, path, body: jsonBody(params), idempotencyKey }, call);
  }

  /** `id` has passed `isEvaluationId`. */
  retrieve(id: string, call: Call): Promise<UpstreamResponse> {
    const path = `${accountEvaluationsPath}/${encodeURIComponent(id)}`;
    return this.#stripe.get({ operation: this.operations.retrieve, path }, call);
  }

  /** Resolves with the activity. */
  report(params: AccountDecisionParams, idempotencyKey: string, call: Call): Promise<UpstreamResponse> {
    const operation = this.operations.report;
    const path = operation.pathTemplate;
    return this.#stripe.post({ operation, path, body: jsonBody(params), idempotencyKey }, call);
  }
}
