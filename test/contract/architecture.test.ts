import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

// Each room of src/, and each file beside them: what of the house it may import, and which packages it must not.
const rooms: Readonly<Record<string, { imports: readonly string[]; never?: RegExp }>> = {
  'main.ts': {
    imports: ['access', 'config', 'errors', 'gateway.ts', 'sandbox', 'start-up', 'telemetry'],
  },
  // What is loaded for --help: nothing that serves.
  'start-up': { imports: ['config', 'errors'] },
  // Of the other rooms only the types of their settings.
  config: { imports: ['access', 'graph', 'stripe', 'telemetry'] },
  'gateway.ts': {
    imports: [
      'access',
      'config',
      'customer-evaluation',
      'errors',
      'graph',
      'http',
      'pages',
      'sandbox',
      'stripe',
      'telemetry',
    ],
  },
  http: {
    imports: ['access', 'admission', 'config', 'errors', 'graph', 'pages', 'stripe', 'telemetry'],
  },
  // What serves the pages.
  pages: { imports: ['config', 'customer-evaluation', 'errors', 'graph', 'stripe'] },
  // For browsers: of the house only what a page is told, and from outside the operations that are shipped.
  'pages/browser': {
    imports: ['pages', '..'],
    never: /^(node:|fastify|@apollo\/|pino|stripe|undici)/,
  },
  // Of stripe only the transport, of errors only how a failure's reason is named.
  access: { imports: ['config', 'errors', 'stripe'] },
  admission: { imports: [] },
  // Apollo Server, its plugins and rules, and the schema.
  graph: {
    imports: ['access', 'errors', 'stripe', 'telemetry'],
    never: /^(ky|undici|fastify|@fastify\/.*)$/,
  },
  'customer-evaluation': {
    imports: ['access', 'graph', 'stripe', 'errors', 'telemetry'],
    never: /^(ky|undici|fastify|@fastify\/.*|node:(http|https|http2|net|tls))$/,
  },
  stripe: {
    imports: ['admission', 'errors'],
    never: /graphql|^@apollo\/|^reflect-metadata$/,
  },
  errors: { imports: [], never: /graphql|^@apollo\// },
  telemetry: { imports: ['errors'] },
  sandbox: { imports: ['stripe'], never: /graphql|^@apollo\// },
};

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.tsx?$/.test(file),
);
const roomOf = (file: string): string => /^(pages\/browser|[^/]+)/.exec(file)?.[1] ?? '';
const sourceOf = (file: string): string => readFileSync(path.join('src', file), 'utf8');

/** What a file imports, as the source names it. */
function importsOf(file: string): string[] {
  const found = sourceOf(file).matchAll(
    /(?:^|\n)(?:import|export)\s[^;]*?['"]([^'"]+)['"];|import\(['"]([^'"]+)['"]\)/g,
  );
  return [...found].map(([, fixed, dynamic]) => fixed ?? dynamic ?? '');
}

const ofTheHouse = (file: string): string[] =>
  importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => path.join(path.dirname(file), name));
const packagesOf = (file: string): string[] => importsOf(file).filter((name) => !name.startsWith('.'));

describe('the house', () => {
  it('has a row above for each of its rooms, and no row without a room', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(rooms).sort());
  });

  it('imports only files that exist, so that this test reads the imports right', () => {
    const all = files.flatMap(ofTheHouse);
    expect(all.length).toBeGreaterThan(files.length);
    for (const imported of all) expect(existsSync(path.join('src', imported))).toBe(true);
  });

  it.each(Object.entries(rooms))('keeps the arrows: %s', (room, { imports, never }) => {
    for (const file of files.filter((each) => roomOf(each) === room)) {
      const reached = ofTheHouse(file).map(roomOf);
      expect({
        file,
        reached: reached.filter((other) => other !== room && !imports.includes(other)),
      }).toEqual({
        file,
        reached: [],
      });
      expect({ file, packages: packagesOf(file).filter((name) => never?.test(name)) }).toEqual({
        file,
        packages: [],
      });
    }
  });

  it('lets the sandbox share the upstream’s words and none of its code', () => {
    const shared = files.filter((file) => roomOf(file) === 'sandbox').flatMap(ofTheHouse);
    for (const file of shared.filter((each) => roomOf(each) === 'stripe'))
      expect(file).toMatch(/\.wire\.ts$/);
  });

  it('lets the pages share what a page is told with the server, and nothing else', () => {
    const shared = files.filter((file) => roomOf(file) === 'pages').flatMap(ofTheHouse);
    for (const file of shared.filter((each) => roomOf(each) === 'http'))
      expect(file).toBe(path.join('http', 'page-facts.ts'));
    for (const file of shared.filter((each) => roomOf(each) === '..'))
      expect(file).toMatch(/^\.\.[\\/]schema/);
  });

  it('knows the environment in main.ts and config.ts only', () => {
    const readers = files.filter((file) =>
      /process\s*\.\s*env|\benv\b.*from 'node:process'/.test(sourceOf(file)),
    );
    expect(readers.filter((file) => !['main.ts', 'config.ts'].includes(file))).toEqual([]);
    expect(readers).toContain('main.ts');
  });

  it('writes to no console', () => {
    expect(files.filter((file) => /\bconsole\s*\./.test(sourceOf(file)))).toEqual([]);
  });

  it('has no drawers for odds and ends', () => {
    const everywhere = ['src', 'test'].flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
        (name) => !name.includes('node_modules'),
      ),
    );
    expect(
      everywhere.filter((name) => /(^|[\\/])(utils?|helpers?|common|lib|misc|shared)([\\/.]|$)/i.test(name)),
    ).toEqual([]);
  });

  it('asks for its scope at every field that has one', () => {
    // type-graphql reads a simple field without asking.
    const guarded = files.flatMap((file) => [
      ...sourceOf(file).matchAll(/@Authorized\([^)]*\)[\s\S]*?@Field\([\s\S]*?\}\)/g),
    ]);
    expect(guarded.length).toBeGreaterThan(0);
    for (const [field] of guarded) {
      const [own = ''] = /@Field\([\s\S]*$/.exec(field) ?? [];
      expect(own).toContain('simple: false');
    }
  });

  it('loads no package by import() whose names a bundle would lose', () => {
    // esbuild makes a chunk of a CommonJS package that exports nothing but `default`: `_service { sdl }` failed by it.
    const safe = ['graphql', 'pino-pretty'];
    const loaded = files
      .filter((file) => !file.startsWith('pages'))
      .flatMap((file) =>
        [...sourceOf(file).matchAll(/await import\('([^.'][^']*)'\)/g)].map(([, name = '']) => name),
      );
    expect(loaded.filter((name) => !safe.includes(name))).toEqual([]);
  });
});
