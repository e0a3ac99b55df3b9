/*
 * A plan handles only success. In any other case it gives up, and Apollo Server runs the operation, so that all error
 * messages, statuses and nulls are Apollo Server's.
 */

/** Thrown during preparation: the operation cannot have a plan. */
export class NoPlanError extends Error {
  override readonly name = 'NoPlanError';
}

class PlanGaveUpError extends Error {
  override readonly name = 'PlanGaveUpError';
}

// Shared instance: capturing its stack takes longer than running a plan.
const gaveUp = new PlanGaveUpError();

/** Ends a plan that cannot succeed. */
export function giveUp(): never {
  throw gaveUp;
}
