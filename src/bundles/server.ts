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

// An `import` of one of Node's own modules reads all that it has: of `node:http` also Node's own undici, 50 ms.
const builtinsAsRequired: Plugin = {
  name: 'builtins-as-required',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^node:/ }, ({ kind, path: name }) =>
      kind === 'import-statement' ? { path: name, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /^/, namespace: 'builtin' }, ({ path: name }) => ({
      contents: `module.exports = process.getBuiltinModule('${name}');`,
    }));
  },
};

// Apollo hashes each document with Node's own SHA-256 only where it finds `module.require`, which no bundle has, and
// otherwise with one that is written in JavaScript.
const nodesOwnHash: Plugin = {
  name: 'nodes-own-hash',
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
  minifySyntax: true,
  minifyWhitespace: true,
  // For the places of bugs (src/errors/source-places.ts); what stands there is not needed for it.
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  external: [
    // Imported by type-graphql where inputs are validated by decorators: nowhere here.
    'class-validator',
    // Required by fastify where it compiles schemas (src/without-schemas.ts: there are none), and where requests are injected.
    '@fastify/ajv-compiler',
    '@fastify/fast-json-stringify-compiler',
    'light-my-request',
  ],
  plugins: [builtinsAsRequired, nodesOwnHash],
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
