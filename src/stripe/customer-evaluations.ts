import {
  type CreateCustomerEvaluationParams,
  customerEvaluationsPath,
  type ReportEventParams,
  type ReportOutcomeParams,
} from './customer-evaluation.wire.ts';
import type { Call } from './http/call.ts';
import { encodeForm, formBody } from './http/form-encoding.ts';
import type { UpstreamOperation } from './http/observer.ts';
import type { UpstreamResponse } from './http/response.ts';
import type { StripeClient } from './http/stripe-client.ts';

const onePath = `${customerEvaluationsPath}/{id}`;

/** The operations of this resource. */
export const customerEvaluationOperations = {
  create: { name: 'create', method: 'POST', pathTemplate: customerEvaluationsPath },
  retrieve: { name: 'retrieve', method: 'GET', pathTemplate: onePath },
  report: { name: 'report', method: 'POST', pathTemplate: `${onePath}/report` },
} as const satisfies Record<string, UpstreamOperation>;

/**
 * `events` is null unless expanded, and events are the usual reason to retrieve an evaluation. It is always expanded,
 * so that an operation fetches an evaluation once even if it selects it several times. Signals need no expansion.
 */
const expansion = encodeForm({ expand: ['events'] });

/**
 * Stripe's v1 customer evaluations. Responses are JSON of unknown shape; failures are `UpstreamCallError`s. Source:
 * https://docs.stripe.com/api/radar/customer_evaluations
 */
export class CustomerEvaluations {
  readonly operations = customerEvaluationOperations;
  readonly #stripe: StripeClient;

  constructor(stripe: StripeClient) {
    this.#stripe = stripe;
  }

  create(
    params: CreateCustomerEvaluationParams,
    idempotencyKey: string,
    call: Call,
  ): Promise<UpstreamResponse> {
    return this.#stripe.post(
      {
        operation: this.operations.create,
        path: customerEvaluationsPath,
        body: formBody(params),
        idempotencyKey,
      },
      call,
    );
  }

  /** With its `events`. `id` has passed `isEvaluationId`. */
  retrieve(id: string, call: Call): Promise<UpstreamResponse> {
    return this.#stripe.get(
      { operation: this.operations.retrieve, path: `${evaluationPath(id)}?${expansion}` },
      call,
    );
  }

  /** `id` has passed `isEvaluationId`. */
  report(
    id: string,
    params: ReportEventParams | ReportOutcomeParams,
    idempotencyKey: string,
    call: Call,
  ): Promise<UpstreamResponse> {
    return this.#stripe.post(
      {
        operation: this.operations.report,
        path: `${evaluationPath(id)}/report`,
        body: formBody(params),
        idempotencyKey,
      },
      call,
    );
  }
}

/**
 * Whether a client's text can be an evaluation's id, and so a path segment. Percent-encoding keeps it one segment,
 * except that URLs resolve `.` and `..` (RFC 3986, 5.2.4), a proxy may decode slashes (nginx, `proxy_pass` with a URI),
 * and an unpaired surrogate has no encoding.
 */
export function isEvaluationId(id: string): boolean {
  return /^[^/\\]{1,255}$/.test(id) && id !== '.' && id !== '..' && id.isWellFormed();
}

/** The path of an evaluation; `id` has passed `isEvaluationId`. */
export function evaluationPath(id: string): string {
  return `${customerEvaluationsPath}/${encodeURIComponent(id)}`;
}
