/**
 * Why tests that need a program can't run on this machine, and how to install it; undefined if they can. With CI=true
 * they must.
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
