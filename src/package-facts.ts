import { readFileSync } from 'node:fs';

interface PackageFacts {
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** What package.json says, in a checkout as in a container. */
export function packageFacts(): PackageFacts {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
}
