/** What the request has done so far. */
interface RefusedRequest {
  readonly requestId?: string | undefined;
  /** The keys of the mutations that it has run. */
  readonly idempotencyKeys?: readonly string[];
}

/**
 * Adds to the extensions of a refusal by GraphQL or Apollo Server what a caller needs to act on it, unless they already
 * say so. The effect is `NONE` as long as no mutation has its idempotency key: it gets one before its call, and a
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
