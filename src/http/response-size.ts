import type { ErrorCode } from '../errors/error-codes.ts';

/** Ten times what a hundred evaluations come to with every field. */
export const maxAnswerBytes = 1024 * 1024;

/**
 * The response in place of one that is too large. Aliases of an operation are repeated for each item of a list, so a
 * small request may ask for a large response. The effects of mutations stay: the error lists their keys and says that a
 * retry with them is safe.
 */
export function insteadOfTooLarge(idempotencyKeys: readonly string[], requestId: string): string {
  const mayHaveHappened = idempotencyKeys.length > 0;
  const message = mayHaveHappened
    ? 'The answer is larger than this gateway sends, and the mutation has run. Repeat it with the same idempotency keys, and ask for fewer or shorter fields.'
    : 'The answer is larger than this gateway sends. Ask for fewer objects, or for fewer or shorter fields.';
  const extensions = {
    code: 'BAD_USER_INPUT' satisfies ErrorCode,
    retryable: false,
    effect: mayHaveHappened ? 'UNKNOWN' : 'NONE',
    ...(mayHaveHappened ? { idempotencyKeys } : {}),
    requestId,
  };
  // With data, though none: the operation was run, and status 200 is right.
  return JSON.stringify({ data: null, errors: [{ message, extensions }] });
}
