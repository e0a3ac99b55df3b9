import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import { logFailure } from './failure-log.ts';
import type { GraphQLContext } from './graphql-context.ts';
import { drawIdempotencyKey, type IdempotencyKey, scopeIdempotencyKey } from './idempotency-key.ts';

/** A mutation that happens at most once for each idempotency key of its caller, and its payload. */
export interface IdempotentMutation<Result, Payload> {
  /** Its name in the graph: each mutation has idempotency keys of its own. */
  readonly name: string;
  readonly succeeded: (idempotencyKey: string, result: Result) => Payload;
  readonly failed: (idempotencyKey: string, failure: UpstreamCallError) => Payload;
}

/**
 * Runs a mutation under the client's idempotency key, or under a drawn one, which `call` gets in the form that
 * goes upstream. Answers the payload: a `UpstreamCallError` becomes its errors; anything else that is thrown is a bug, and
 * is handed on.
 */
export async function runIdempotent<Result, Payload>(
  mutation: IdempotentMutation<Result, Payload>,
  clientKey: string | null | undefined,
  context: GraphQLContext,
  call: (idempotencyKey: string) => Promise<Result>,
): Promise<Payload> {
  let key: IdempotencyKey | undefined;
  try {
    key =
      clientKey == null
        ? drawIdempotencyKey(context, mutation.name)
        : scopeIdempotencyKey(context, mutation.name, clientKey);
    context.idempotencyKeys.push(key.client);
    return mutation.succeeded(key.client, await call(key.upstream));
  } catch (error) {
    if (!(error instanceof UpstreamCallError)) throw error;
    logFailure(error, context.log);
    context.observer.failed(error.code);
    // A refused key is answered with one that can be used.
    const { client } = key ?? drawIdempotencyKey(context, mutation.name);
    return mutation.failed(client, error);
  }
}
