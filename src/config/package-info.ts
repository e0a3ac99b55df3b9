import { existsSync, readFileSync } from 'node:fs';

interface PackageInfo {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** The folder of package.json and the other shipped files. */
export const packageRoot = findPackageRoot(new URL('./', import.meta.url));

// Not by `findPackageJSON` of node:module: Node 20 lacks it, and would fail before the version check.
function findPackageRoot(folder: URL): URL {
  if (existsSync(new URL('package.json', folder))) return folder;
  const parent = new URL('../', folder);
  if (parent.href === folder.href) throw new Error('package.json is missing');
  return findPackageRoot(parent);
}

/** Reads package.json, in a checkout as well as in a container. */
export function packageInfo(): PackageInfo {
  return JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
}

/** The `User-Agent` of the gateway's own requests (RFC 9110, 10.1.5). */
export function userAgent(): string {
  const { name, version } = packageInfo();
  return `${name}/${version}`;
}
