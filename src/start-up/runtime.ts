import { StartupError } from './startup-error.ts';

/**
 * Throws a `StartupError` if Node is older than the package supports, `>=22.19`. Otherwise some dependency would fail
 * with an unhelpful message.
 */
export function requireRuntime(version: string, supported: string): void {
  const [major = 0, minor = 0] = numbersIn(version);
  const [leastMajor = 0, leastMinor = 0] = numbersIn(supported);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new StartupError(
    `Node ${leastMajor}.${leastMinor} or later is required; this is ${version}. \`npm start\` uses the version that the ` +
      'project installs.',
  );
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number);
}
