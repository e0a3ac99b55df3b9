import type { CustomerEvaluation } from '../customer-evaluation/customer-evaluation.type.ts';
import { CustomerEvaluationError } from '../customer-evaluation/customer-evaluation-error.type.ts';
import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import type { MutationName } from './error-path.ts';
import { logFailure } from './failure-log.ts';
import type { CallContext } from './graphql-context.ts';
import { drawIdempotencyKey, type IdempotencyKey, scopeIdempotencyKey } from './idempotency-key.ts';

/** A mutation that happens at most once for each idempotency key of its caller. */
export interface IdempotentMutation<Payload> {
  readonly name: MutationName;
  readonly payload: new (
    idempotencyKey: string,
    evaluation: CustomerEvaluation | null,
    errors: readonly CustomerEvaluationError[],
  ) => Payload;
}

/**
 * Runs a mutation under the client's idempotency key, or under a drawn one, which `call` gets in the form that
 * goes upstream. Answers the payload: a `UpstreamCallError` becomes its errors; anything else that is thrown is a bug, and
 * is handed on.
 */
export async function runIdempotent<Payload>(
  mutation: IdempotentMutation<Payload>,
  clientKey: string | null | undefined,
  context: CallContext,
  call: (idempotencyKey: string) => Promise<CustomerEvaluation>,
): Promise<Payload> {
  const { caller } = context.onBehalfOf;
  let key: IdempotencyKey | undefined;
  try {
    key =
      clientKey == null
        ? drawIdempotencyKey(caller, mutation.name)
        : scopeIdempotencyKey(caller, mutation.name, clientKey);
    context.idempotencyKeys.push(key.client);
    return new mutation.payload(key.client, await call(key.upstream), []);
  } catch (error) {
    if (!(error instanceof UpstreamCallError)) throw error;
    logFailure(error, context.log);
    context.record.failed(error.code);
    // A refused key is answered with one that can be used.
    const { client } = key ?? drawIdempotencyKey(caller, mutation.name);
    return new mutation.payload(client, null, CustomerEvaluationError.allOf(error, mutation.name));
  }
}
