/** What the request has done so far. */
interface RefusedRequest {
  readonly requestId?: string | undefined;
  /** The keys of the mutations that it has run. */
  readonly idempotencyKeys?: readonly string[];
}

/**
 * Adds what a caller needs to act on a refusal by GraphQL or Apollo Server to its extensions, unless they already have
 * it. The effect is `NONE` as long as no mutation has an idempotency key: a mutation gets its key before its call, and a
 * retrieval changes nothing.
 */
export function completeRefusal(
  extensions: Record<string, unknown>,
  { requestId, idempotencyKeys = [] }: RefusedRequest,
): void {
  if ('retryable' in extensions) return;
  const mayHaveHappened = idempotencyKeys.length > 0;
  Object.assign(extensions, {
    retryable: false,
    effect: mayHaveHappened ? 'UNKNOWN' : 'NONE',
    ...(mayHaveHappened ? { idempotencyKeys } : {}),
    requestId,
  });
}
