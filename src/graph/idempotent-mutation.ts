import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import { logFailure } from './failure-log.ts';
import type { GraphQLContext } from './graphql-context.ts';
import { generateIdempotencyKey, type IdempotencyKey, scopeIdempotencyKey } from './idempotency-key.ts';

/** A mutation that runs at most once per idempotency key of its caller. */
export interface IdempotentMutation<Result, Payload> {
  /** Its name in the graph; part of the scope of its idempotency keys. */
  readonly name: string;
  readonly succeeded: (idempotencyKey: string, result: Result) => Payload;
  readonly failed: (idempotencyKey: string, failure: UpstreamCallError) => Payload;
}

/**
 * Runs a mutation under the client's idempotency key or a generated one; `call` gets its upstream form. Returns the
 * payload: an `UpstreamCallError` becomes its `errors`; any other error is a bug, and is rethrown.
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
        ? generateIdempotencyKey(context, mutation.name)
        : scopeIdempotencyKey(context, mutation.name, clientKey);
    context.idempotencyKeys.push(key.client);
    return mutation.succeeded(key.client, await call(key.upstream));
  } catch (error) {
    if (!(error instanceof UpstreamCallError)) throw error;
    logFailure(error, context.log);
    context.observer.failed(error.outcome ?? error.code);
    // If the client's key was invalid, the payload has a generated one that can be used.
    const { client } = key ?? generateIdempotencyKey(context, mutation.name);
    return mutation.failed(client, error);
  }
}
