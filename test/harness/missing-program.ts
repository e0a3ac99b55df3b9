import { describe, it } from '@jest/globals';

/**
 * Why tests with a program can't run on this machine, and what would install it; undefined where they can. With
 * CI=true they must.
 */
export function reasonWithout(
  program: string,
  isInstalled: boolean,
  debianPackage = program,
): string | undefined {
  if (isInstalled) return undefined;
  const install = `apt-get install -y ${debianPackage}`;
  if (process.env['CI'] === 'true') throw new Error(`${program} is missing: ${install}`);
  return `skipped: ${program} is not installed (${install})`;
}

/** Tests that are skipped where there is a reason, and then tell it. */
export function describeUnless(reason: string | undefined, name: string, body: () => void): void {
  if (reason === undefined) describe(name, body);
  else describe.skip(`${name} (${reason})`, body);
}

/** One test that is skipped where there is a reason, and then tells it. */
export function itUnless(
  reason: string | undefined,
  name: string,
  body: () => Promise<void>,
  timeoutMs?: number,
): void {
  if (reason === undefined) it(name, body, timeoutMs);
  else it.skip(`${name} (${reason})`, body, timeoutMs);
}
