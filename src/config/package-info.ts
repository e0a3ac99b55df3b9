import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { pathToFileURL } from 'node:url';

interface PackageInfo {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** The folder of package.json, and of all that is shipped beside it. */
export const packageRoot = new URL('./', pathToFileURL(findPackageJSON('.', import.meta.url) ?? ''));

/** What package.json says, in a checkout as in a container. */
export function packageInfo(): PackageInfo {
  return JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
}

/** What every request that the gateway makes says of its sender (RFC 9110, 10.1.5). */
export function userAgent(): string {
  const { name, version } = packageInfo();
  return `${name}/${version}`;
}
