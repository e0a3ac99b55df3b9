import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The speed of a test file, by its direct and indirect imports within `test/`: `unit` opens no socket, starts no
 * process, and needs no build and no packages but the project's; `integration` needs these, uses one gateway, or a server
 * in the test's own process; `system` starts other programs, or tests faults that take time.
 */
export type Speed = 'unit' | 'integration' | 'system';

/** Tests that let time pass, overload the gateway, or end it. */
const slowFolders = ['test/faults/', 'test/replicas/'];
/** Modules that listen, connect or start a process. */
const opening =
  /^(node:(child_process|cluster|dgram|http|https|http2|net|tls)|playwright-core|undici|ioredis)$/;
const startingPrograms = /^(node:child_process|playwright-core)$/;
/** The same without an import, and paths of the build. */
const openingWords = /\bfetch\(|\.listen\(|\bdist\//;
/** Starts one gateway, as most tests do. Every other file that starts a process starts another program. */
const gatewayHarness = 'test/harness/gateway.ts';

const importPattern = /(?:^|\n)(?:import|export)\s[^;=(]*?['"]([^'"]+)['"];|import\(['"]([^'"]+)['"]\)/g;

const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
/** Packages that a unit test may import. The others are installed before the first test that needs them. */
const ownPackages = new Set(Object.keys({ ...dependencies, ...devDependencies }));

function isInstalledForTests(name: string): boolean {
  const [scope = '', inScope = ''] = name.split('/');
  return !name.startsWith('node:') && !ownPackages.has(scope.startsWith('@') ? `${scope}/${inScope}` : scope);
}

interface Part {
  readonly source: string;
  readonly packages: readonly string[];
}

/** The files of `test/` that a file imports, directly or indirectly, and the file itself. */
function partsOf(file: string, parts = new Map<string, Part>()): Map<string, Part> {
  if (parts.has(file) || !existsSync(file)) return parts;
  const source = readFileSync(file, 'utf8');
  const imports = [...source.matchAll(importPattern)].map(([, fixed, dynamic]) => fixed ?? dynamic ?? '');
  parts.set(file, { source, packages: imports.filter((name) => !name.startsWith('.')) });
  for (const name of imports) {
    const imported = path.join(path.dirname(file), name);
    if (name.startsWith('.') && imported.startsWith('test/')) partsOf(imported, parts);
  }
  return parts;
}

/** The speed of a test file, whose path begins with `test/`. */
export function speedOf(file: string): Speed {
  const parts = partsOf(file);
  const isUnit = [...parts.values()].every(
    ({ source, packages }) =>
      !packages.some((name) => opening.test(name) || isInstalledForTests(name)) && !openingWords.test(source),
  );
  if (isUnit) return 'unit';
  const startsPrograms = [...parts].some(
    ([part, { packages }]) => part !== gatewayHarness && packages.some((name) => startingPrograms.test(name)),
  );
  return startsPrograms || slowFolders.some((folder) => file.startsWith(folder)) ? 'system' : 'integration';
}

/** The folders with packages of their own, which few tests need. `test/clients` is installed by its tests. */
const packageFolders = [
  'test/browser',
  'test/cosmo',
  'test/deploy',
  'test/federation',
  'test/recheck',
  'test/stripe-preview',
];

/** The folders whose packages a test file needs: those it imports from, or names in a path. */
export function packageFoldersOf(file: string): string[] {
  const parts = [...partsOf(file)];
  return packageFolders.filter((folder) =>
    parts.some(([part, { source }]) => part.startsWith(`${folder}/`) || source.includes(`${folder}/`)),
  );
}

/** All test files, by speed. */
export function testFiles(): Readonly<Record<Speed, string[]>> {
  const files: Record<Speed, string[]> = { unit: [], integration: [], system: [] };
  for (const name of readdirSync('test', { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.test.ts') || name.includes('node_modules')) continue;
    const file = `test/${name}`;
    files[speedOf(file)].push(file);
  }
  return files;
}
