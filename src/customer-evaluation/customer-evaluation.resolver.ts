import { Arg, Authorized, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { Failure } from '../errors/failure.ts';
import { customerEvaluationsPath } from '../stripe/customer-evaluation.wire.ts';
import type { StripeClient } from '../stripe/stripe-client.ts';
import type { VersionCapabilities } from '../stripe/versions.ts';
import type { ContractDrift } from '../telemetry/contract-drift.ts';
import type { CallContext } from './call-context.ts';
import { CreateCustomerEvaluationInput } from './create-customer-evaluation.input.ts';
import { CreateCustomerEvaluationPayload } from './create-customer-evaluation.payload.ts';
import { CustomerEvaluation } from './customer-evaluation.type.ts';
import { fromStripe } from './from-stripe.ts';
import { drawIdempotencyKey, type IdempotencyKey, scopeIdempotencyKey } from './idempotency-key.ts';
import { requireOwnInput } from './rights.ts';
import { toStripe } from './to-stripe.ts';

/** What the resolver works with. */
export interface CustomerEvaluationServices {
  readonly stripe: StripeClient;
  readonly capabilities: VersionCapabilities;
  readonly drift: ContractDrift;
  /** All attempts of one call, waits included. */
  readonly deadlineMs: number;
}

@Resolver(() => CustomerEvaluation)
export class CustomerEvaluationResolver {
  readonly #services: CustomerEvaluationServices;

  constructor(services: CustomerEvaluationServices) {
    this.#services = services;
  }

  @Authorized('evaluations:read')
  @Query(() => CustomerEvaluation, {
    nullable: true,
    description:
      'An evaluation by its id; null where Stripe knows none. Needs a Stripe API version of June 2026 or later, else the error `UPSTREAM_UNSUPPORTED`. Where callers have scopes, needs `evaluations:read`.',
  })
  customerEvaluation(
    @Arg('id', () => ID, { description: 'Stripe’s id of the evaluation.' }) id: string,
    @Ctx() context: CallContext,
  ): Promise<CustomerEvaluation | null> {
    return context.evaluations.load(id);
  }

  @Authorized('evaluations:create')
  @Mutation(() => CreateCustomerEvaluationPayload, {
    nullable: true,
    description:
      'Asks Stripe Radar about a login or registration: how likely multi-accounting or account sharing is. Each call may be billed. Failures that a frontend can act on come in `errors`. Where callers have scopes, needs `evaluations:create`.',
  })
  async createCustomerEvaluation(
    @Arg('input', () => CreateCustomerEvaluationInput, { description: 'The event, and what is known of it.' })
    input: CreateCustomerEvaluationInput,
    @Ctx() context: CallContext,
  ): Promise<CreateCustomerEvaluationPayload> {
    requireOwnInput(context.rights, input);
    let key = drawIdempotencyKey(context.onBehalfOf.caller, 'createCustomerEvaluation');
    try {
      if (input.idempotencyKey != null) {
        key = scopeIdempotencyKey(
          context.onBehalfOf.caller,
          'createCustomerEvaluation',
          input.idempotencyKey,
        );
      }
      return CreateCustomerEvaluationPayload.succeeded(key.client, await this.#create(input, key, context));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      logFailure(error, context);
      return CreateCustomerEvaluationPayload.failed(key.client, error);
    }
  }

  async #create(
    input: CreateCustomerEvaluationInput,
    key: IdempotencyKey,
    context: CallContext,
  ): Promise<CustomerEvaluation> {
    const params = toStripe(input, this.#services.capabilities);
    const answer = await this.#services.stripe.post({
      path: customerEvaluationsPath,
      params,
      idempotencyKey: key.upstream,
      onBehalfOf: context.onBehalfOf,
    });
    const { evaluation, drift } = fromStripe(answer, input.eventType);
    this.#services.drift.note(drift, context.log);
    return evaluation;
  }
}

function logFailure(failure: Failure, context: CallContext): void {
  const { code, effect, upstreamRequestId, operatorNote } = failure;
  const level = failure.operatorsMustAct ? 'error' : 'warn';
  context.log[level]({ code, effect, upstreamRequestId, note: operatorNote }, 'customer evaluation failed');
}
