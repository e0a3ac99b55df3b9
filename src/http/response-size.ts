import { completeRefusal } from '../errors/complete-refusal.ts';
import type { ErrorCode } from '../errors/error-codes.ts';

/** Ten times the size of a hundred evaluations with all fields. */
export const maxResponseBytes = 1024 * 1024;

export const tooLargeCode = 'BAD_USER_INPUT' satisfies ErrorCode;

/**
 * The response that replaces one that is too large. A list repeats an operation's aliases for each item, so a small
 * request may ask for a large response. Mutations keep their effects: the error lists their keys and says that a retry
 * with them is safe.
 */
export function tooLargeResponse(idempotencyKeys: readonly string[], requestId: string): string {
  const mayHaveHappened = idempotencyKeys.length > 0;
  const message = mayHaveHappened
    ? 'The response is larger than this gateway sends, and the mutation has run. Retry it with the same idempotency keys, and select fewer fields or use shorter aliases.'
    : 'The response is larger than this gateway sends. Select fewer objects or fields, or use shorter aliases.';
  const extensions = { code: tooLargeCode };
  completeRefusal(extensions, { idempotencyKeys, requestId });
  // With `data: null`: the operation was run, so status 200 is correct.
  return JSON.stringify({ data: null, errors: [{ message, extensions }] });
}
