import { describe, it } from '@jest/globals';

/** Tests that are skipped if there is a reason, which is reported. */
export function describeUnless(reason: string | undefined, name: string, body: () => void): void {
  if (reason === undefined) describe(name, body);
  else describe.skip(`${name} (${reason})`, body);
}

/** One test that is skipped if there is a reason, which is reported. */
export function itUnless(
  reason: string | undefined,
  name: string,
  body: () => Promise<void>,
  timeoutMs?: number,
): void {
  if (reason === undefined) it(name, body, timeoutMs);
  else it.skip(`${name} (${reason})`, body, timeoutMs);
}
