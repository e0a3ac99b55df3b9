/*
 * A plan knows only the good case. Whatever else it meets, it gives up, and Apollo Server runs the operation: every
 * message, status and null is then its own.
 */

/** Thrown while an operation is prepared: no plan can stand for it. */
export class NoPlanError extends Error {
  override readonly name = 'NoPlanError';
}

class PlanGaveUpError extends Error {
  override readonly name = 'PlanGaveUpError';
}

// A single instance: its stack would say nothing, and takes longer to capture than a plan to run.
const gaveUp = new PlanGaveUpError();

/** Ends a plan that has met anything but the good case. */
export function giveUp(): never {
  throw gaveUp;
}
