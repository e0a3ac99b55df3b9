/*
 * Bundles the server and its packages into dist/ for `node dist/main.js`, so that a start reads a few files instead of
 * 1,300. Dynamic imports stay separate files.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { leanStart } from './lean-start.ts';
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
  // All beside main.js, at the same depth in the checkout as the sources that look for files.
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // CommonJS packages also get the single copy that ESM packages import.
  mainFields: ['module', 'main'],
  // For source locations of bugs (src/errors/source-map-stack.ts), which need no source text.
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  // type-graphql imports it only to validate inputs by decorators, which no input here has.
  external: ['class-validator'],
  plugins: [nativeHash, ...leanStart],
  write: false,
  metafile: true,
  logLevel: 'warning',
});

// Tests rebuild while other tests run the build: the same sources give the same files, never seen half-written.
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
