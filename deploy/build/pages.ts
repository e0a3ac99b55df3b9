/*
 * Builds the browser pages into dist/pages/, from where `src/pages/pages.ts` serves them. Asset names contain a hash of
 * their content, so browsers may cache them forever.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, type BuildResult, build, type Plugin } from 'esbuild';
import { installPackages } from './install-packages.ts';
import { licencesOf } from './licences.ts';
import { replace } from './replace.ts';

await installPackages('src/pages/browser');

const root = path.resolve(import.meta.dirname, '../..');
const pagesDir = path.join(root, 'dist/pages');
const assetsDir = path.join(pagesDir, 'assets');
const browserDir = path.join(root, 'src/pages/browser');
const pages = { explorer: 'explorer/explorer.tsx', playground: 'playground/playground.ts' };
const version = (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string })
  .version;

// graphiql/style.css contains all of the editor's style sheets; those beside its code would duplicate them.
const withoutEditorStyles: Plugin = {
  name: 'without-editor-styles',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: '', loader: 'css' }));
  },
};

const options = {
  // Its packages are there.
  absWorkingDir: browserDir,
  outdir: assetsDir,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  target: 'es2023',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  loader: { '.graphql': 'text' },
  legalComments: 'linked',
  logLevel: 'warning',
  plugins: [withoutEditorStyles],
  // GraphiQL imports these by their old names, which are CommonJS, and uses named exports, which such a chunk lacks.
  alias: {
    'prettier/parser-graphql': 'prettier/plugins/graphql',
    'prettier/parser-babel': 'prettier/plugins/babel',
  },
} as const satisfies BuildOptions;
type Built = BuildResult<typeof options>;

// Each worker is a single file: its own content security policy, not the page's, applies to it, and lets it load
// nothing.
const workers = await build({
  ...options,
  format: 'iife',
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
  },
});
const workerUrls = Object.fromEntries(
  ['editor', 'graphql', 'json'].map((label) => [
    label,
    assetNamed(workers, new RegExp(`^${label}\\.worker-.*\\.js$`)),
  ]),
);
const scripts = await build({
  ...options,
  format: 'esm',
  splitting: true,
  define: { WORKER_URLS: JSON.stringify(workerUrls) },
  entryPoints: Object.values(pages).map((file) => path.join(browserDir, file)),
});

writeOutputs();

// Tests rebuild while other tests serve the pages: files in use must not disappear or be seen half-written.
function writeOutputs(): void {
  mkdirSync(assetsDir, { recursive: true });
  const licences = Buffer.from(licencesOf(browserDir, workers.metafile, scripts.metafile));
  const hash = createHash('sha256').update(licences).digest('hex').slice(0, 8);
  const licencesName = `third-party-licences-${hash}.txt`;
  const built = [...workers.outputFiles, ...scripts.outputFiles]
    // The editor's style sheets, which were left out.
    .filter(({ contents }) => contents.length > 0)
    .map(({ path: file, contents }) => [path.basename(file), contents] as const);

  const assets = new Map<string, Uint8Array>([...built, [licencesName, licences]]);
  for (const [name, contents] of assets) {
    const file = path.join(assetsDir, name);
    if (existsSync(`${file}.gz`)) continue;
    replace(file, contents);
    replace(`${file}.gz`, gzipSync(contents, { level: 9 }));
  }
  for (const page of Object.keys(pages)) {
    const html = readFileSync(path.join(browserDir, page, `${page}.html`), 'utf8')
      .replaceAll('{{script}}', assetNamed(scripts, new RegExp(`^${page}-.*\\.js$`)))
      .replaceAll('{{style}}', assetNamed(scripts, new RegExp(`^${page}-.*\\.css$`)))
      .replaceAll('{{licences}}', `assets/${licencesName}`)
      .replaceAll('{{version}}', version);
    replace(path.join(pagesDir, `${page}.html`), html);
  }
  for (const name of readdirSync(assetsDir))
    if (!assets.has(name.replace(/\.gz$/, ''))) rmSync(path.join(assetsDir, name));
}

function assetNamed({ outputFiles }: Built, pattern: RegExp): string {
  const found = outputFiles.map((file) => path.basename(file.path)).filter((name) => pattern.test(name));
  if (found.length !== 1) throw new Error(`${pattern} names ${found.length} outputs and not one`);
  return `assets/${found[0]}`;
}
