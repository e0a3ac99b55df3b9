/** What the request has done so far. */
interface RefusedRequest {
  readonly requestId?: string | undefined;
  /** The keys of the mutations that it has run. */
  readonly idempotencyKeys?: readonly string[];
}

/**
 * Adds to a refusal by GraphQL or Apollo Server what a caller needs to act on it, unless its extensions already have
 * it. The effect is `NONE` as long as no mutation has an idempotency key: a mutation gets its key before its call, and
 * a retrieval changes nothing.
 */
export function completeRefusal(extensions: Record<string, unknown>, request: RefusedRequest): void {
  if ('retryable' in extensions) return;
  extensions['retryable'] = false;
  addEffect(extensions, request);
  extensions['requestId'] = request.requestId;
}

/** Adds what the request may have done so far, and the keys to repeat it with. */
export function addEffect(
  extensions: Record<string, unknown>,
  { idempotencyKeys = [] }: RefusedRequest,
): void {
  const mayHaveHappened = idempotencyKeys.length > 0;
  extensions['effect'] = mayHaveHappened ? 'UNKNOWN' : 'NONE';
  if (mayHaveHappened) extensions['idempotencyKeys'] = idempotencyKeys;
}
