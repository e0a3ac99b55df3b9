/*
 * `npm run sbom`: writes the software bill of materials of what runs, as CycloneDX, to dist/sbom.cdx.json: the
 * server's dependencies, and those of the pages, which their bundles contain. Fails if the installed packages do not
 * match a lock file, or if a dependency is missing from the file.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Component {
  name: string;
  purl?: string;
  'bom-ref': string;
}
interface Bom {
  bomFormat: string;
  specVersion: string;
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const root = path.resolve(import.meta.dirname, '../..');

/** A folder's own dependencies, and its bill with all packages that they lead to. */
function billOf(folder: string): { name: string; direct: readonly string[]; bom: Bom } {
  const cwd = path.join(root, folder);
  const { name, dependencies }: { name: string; dependencies: Record<string, string> } = JSON.parse(
    readFileSync(path.join(cwd, 'package.json'), 'utf8'),
  );
  // Not `--omit=dev`: npm 11 then leaves out graphql, zod and others that development packages depend on as well.
  const bom: Bom = JSON.parse(
    execFileSync('npm', ['sbom', '--sbom-format=cyclonedx'], {
      cwd,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    }),
  );
  const dependsOn = new Map(bom.dependencies.map(({ ref, dependsOn: refs }) => [ref, refs]));
  const direct = Object.entries(dependencies).map((each) => each.join('@'));
  const running = new Set(direct);
  for (const ref of running) for (const next of dependsOn.get(ref) ?? []) running.add(next);
  bom.components = bom.components.filter((component) => running.has(component['bom-ref']));
  bom.dependencies = bom.dependencies.filter(({ ref }) => running.has(ref));
  const listed = new Set(bom.components.map((component) => component['bom-ref']));
  const missing = [...running].filter((ref) => !listed.has(ref));
  const unnamed = bom.components.filter(({ purl }) => purl?.startsWith('pkg:npm/') !== true);
  if (bom.bomFormat !== 'CycloneDX' || missing.length > 0 || unnamed.length > 0) {
    throw new Error(`the bill of materials of ${name} is invalid: ${JSON.stringify({ missing, unnamed })}`);
  }
  return { name, direct, bom };
}

/** The items of both lists, each once. */
function merged<Item>(one: readonly Item[], other: readonly Item[], idOf: (item: Item) => string): Item[] {
  return [...new Map([...one, ...other].map((item) => [idOf(item), item])).values()];
}

const { name, direct, bom } = billOf('.');
const pages = billOf('src/pages/browser');
const product = bom.metadata.component;
// npm uses the folder's name as the product's.
product.name = name;
bom.components = merged(bom.components, pages.bom.components, (component) => component['bom-ref']);
bom.dependencies = [
  { ref: product['bom-ref'], dependsOn: [...new Set([...direct, ...pages.direct])] },
  ...merged(bom.dependencies, pages.bom.dependencies, ({ ref }) => ref),
];
mkdirSync(path.join(root, 'dist'), { recursive: true });
writeFileSync(path.join(root, 'dist/sbom.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`);
process.stdout.write(
  `dist/sbom.cdx.json: CycloneDX ${bom.specVersion}, ${bom.components.length} components\n`,
);
