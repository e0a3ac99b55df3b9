import leven from 'leven';
import { describeSettings } from '../config/setting-descriptions.ts';
import type { Environment } from '../config/settings.ts';

// Prefixes that platforms, SDKs and shells use as well.
const sharedFamilies = new Set(['', 'HTTPS_', 'LOG_', 'NODE_', 'NO_', 'OTEL_', 'REDIS_']);

// One letter away from a setting, but has its own meaning: the proxy for plain http, which the gateway does not use.
const othersOwn = new Set(['HTTP_PROXY']);

/**
 * The variables that were probably meant as settings of this gateway: misspelt and removed ones. The environment is
 * full of other variables, so unknown ones cannot simply be refused.
 */
export function unrecognizedVariables(environment: Environment): string[] {
  const names = describeSettings().map(({ name }) => name);
  const families = new Set(names.map(familyOf).filter((family) => !sharedFamilies.has(family)));
  return Object.keys(environment)
    .filter((name) => !names.includes(name) && !othersOwn.has(name))
    .filter((name) => families.has(familyOf(name)) || names.some((setting) => isMisspelt(name, setting)))
    .sort();
}

function familyOf(name: string): string {
  return /^[A-Z]+_/.exec(name)?.[0] ?? '';
}

// Short names are similar by chance: HOST and HOME, PORT and PATH.
function isMisspelt(name: string, setting: string): boolean {
  const tolerated = Math.min(2, Math.floor(setting.length / 5));
  // Beyond the maximum, the result is the maximum.
  return leven(name, setting, { maxDistance: tolerated + 1 }) <= tolerated;
}
