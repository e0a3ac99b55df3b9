import { describe, it } from '@jest/globals';

/** A `describe` that is skipped, and says why, if there is a reason. */
export function describeUnless(reason: string | undefined, name: string, body: () => void): void {
  if (reason === undefined) describe(name, body);
  else describe.skip(`${name} (${reason})`, body);
}

/** An `it` that is skipped, and says why, if there is a reason. */
export function itUnless(
  reason: string | undefined,
  name: string,
  body: () => Promise<void>,
  timeoutMs?: number,
): void {
  if (reason === undefined) it(name, body, timeoutMs);
  else it.skip(`${name} (${reason})`, body, timeoutMs);
}
