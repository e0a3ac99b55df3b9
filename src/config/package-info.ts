import { existsSync, readFileSync } from 'node:fs';

interface PackageInfo {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** The folder of package.json, and of all that is shipped beside it. */
export const packageRoot = findPackageRoot(new URL('./', import.meta.url));

// Not by `findPackageJSON` of node:module: Node 20 lacks it, and would fail before it could say that it is too old.
function findPackageRoot(folder: URL): URL {
  if (existsSync(new URL('package.json', folder))) return folder;
  const parent = new URL('../', folder);
  if (parent.href === folder.href) throw new Error('package.json is missing');
  return findPackageRoot(parent);
}

/** What package.json says, in a checkout as in a container. */
export function packageInfo(): PackageInfo {
  return JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
}

/** What every request that the gateway makes says of its sender (RFC 9110, 10.1.5). */
export function userAgent(): string {
  const { name, version } = packageInfo();
  return `${name}/${version}`;
}
