import { readFileSync } from 'node:fs';

interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** Where package.json is, and all that is shipped beside it: src/ and dist/ stand equally deep in it. */
export const packageRoot = new URL('../', import.meta.url);

/** What package.json says, in a checkout as in a container. */
export function packageFacts(): PackageFacts {
  return JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
}

/** What every request that the gateway makes says of its sender (RFC 9110, 10.1.5). */
export function userAgent(): string {
  const { name, version } = packageFacts();
  return `${name}/${version}`;
}
