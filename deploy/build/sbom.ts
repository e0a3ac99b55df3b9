/*
 * `npm run sbom`: writes the software bill of materials of the production dependencies, as CycloneDX, to
 * dist/sbom.cdx.json. Fails if the installed packages do not match the lock file, or if a dependency is missing from
 * the file.
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
const manifest: { name: string; version: string; dependencies: Record<string, string> } = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
);
// Not `--omit=dev`: npm 11 then leaves out graphql, zod and others that development packages depend on as well.
const bom: Bom = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format=cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  }),
);

// All transitive dependencies of the product.
const dependsOn = new Map(bom.dependencies.map(({ ref, dependsOn: refs }) => [ref, refs]));
const direct = Object.entries(manifest.dependencies).map((each) => each.join('@'));
const running = new Set(direct);
for (const ref of running) for (const next of dependsOn.get(ref) ?? []) running.add(next);

const product = bom.metadata.component;
bom.components = bom.components.filter((component) => running.has(component['bom-ref']));
bom.dependencies = [
  { ref: product['bom-ref'], dependsOn: direct },
  ...bom.dependencies.filter(({ ref }) => running.has(ref)),
];
// npm uses the folder's name as the product's.
product.name = manifest.name;

const listed = new Set(bom.components.map((component) => component['bom-ref']));
const missing = [...running].filter((ref) => !listed.has(ref));
const unnamed = bom.components.filter(({ purl }) => purl?.startsWith('pkg:npm/') !== true);
if (bom.bomFormat !== 'CycloneDX' || missing.length > 0 || unnamed.length > 0) {
  throw new Error(`the bill of materials is invalid: ${JSON.stringify({ missing, unnamed })}`);
}
mkdirSync(path.join(root, 'dist'), { recursive: true });
writeFileSync(path.join(root, 'dist/sbom.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`);
process.stdout.write(
  `dist/sbom.cdx.json: CycloneDX ${bom.specVersion}, ${bom.components.length} components\n`,
);
