/*
 * Bundles the server into dist/: what `node dist/main.js` runs, packages and all, so that a start reads a few files
 * and not 1,300. What is imported where it is used stays a file of its own.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { licencesOf } from './licences.ts';
import { replace } from './replace.ts';

const root = path.resolve(import.meta.dirname, '../..');
const dist = path.join(root, 'dist');

// Apollo Server hashes each document with Node's SHA-256 only if it finds `module.require`, which a bundle lacks. Its
// fallback in JavaScript (sha.js) took 2.8 % of a mutation's CPU.
const nativeHash: Plugin = {
  name: 'native-hash',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/sha\.js\/index\.js$/ }, () => ({
      contents: `module.exports = process.getBuiltinModule('node:crypto').createHash;`,
    })),
};

const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: dist,
  // All beside main.js, which stands as deep in the checkout as the sources that look for files.
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // CommonJS packages as well get the one copy that other ESM packages import.
  mainFields: ['module', 'main'],
  // For the places of bugs (src/errors/source-map-stack.ts); what stands there is not needed for it.
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  // type-graphql imports it only to validate inputs by decorators, which no input here has.
  external: ['class-validator'],
  plugins: [nativeHash],
  write: false,
  metafile: true,
  logLevel: 'warning',
});

// Tests rebuild while others run what was built: from the same sources, the same files, never seen half-written.
mkdirSync(dist, { recursive: true });
const names = new Set<string>();
for (const { path: file, contents } of outputFiles) {
  names.add(path.basename(file));
  replace(file, contents);
}
replace(path.join(dist, 'third-party-licences.txt'), licencesOf(root, metafile));
for (const entry of readdirSync(dist, { withFileTypes: true })) {
  if (/\.js(\.map)?$/.test(entry.name) && !names.has(entry.name)) rmSync(path.join(dist, entry.name));
}
