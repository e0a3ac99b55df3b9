/*
 * A plan handles only success. In any other case it bails out, and Apollo Server runs the operation, so that all error
 * messages, statuses and nulls are Apollo Server's.
 */

/** Thrown during preparation: operations of this kind cannot have a plan. */
export class UnsupportedOperationError extends Error {
  override readonly name = 'UnsupportedOperationError';
}

class BailoutError extends Error {
  override readonly name = 'BailoutError';
}

// Shared instance: capturing its stack takes longer than running a plan.
const bailout = new BailoutError();

/** Ends a plan that cannot succeed. */
export function bailOut(): never {
  throw bailout;
}
