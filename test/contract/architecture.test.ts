import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { sourceFiles } from '../harness/source-files.ts';
import { rooms } from './rooms.ts';

const files = sourceFiles();
const roomOf = (file: string): string => /^(pages\/browser|stripe\/http|[^/]+)/.exec(file)?.[1] ?? '';
const sourceOf = (file: string): string => readFileSync(path.join('src', file), 'utf8');

interface Import {
  /** As written in the source. */
  readonly name: string;
  readonly isOfTypes: boolean;
}

function importsOf(file: string): Import[] {
  const found = sourceOf(file).matchAll(
    /(?:^|\n)(?:import|export)\s(type\s)?[^;]*?['"]([^'"]+)['"];|import\(['"]([^'"]+)['"]\)/g,
  );
  return [...found].map(([, type, fixed, dynamic]) => ({
    name: fixed ?? dynamic ?? '',
    isOfTypes: type !== undefined,
  }));
}

/** The files of `src/` that a file imports. */
const importedBy = (file: string, isIncluded: (each: Import) => boolean = () => true): string[] =>
  importsOf(file)
    .filter((each) => each.name.startsWith('.') && isIncluded(each))
    .map(({ name }) => path.join(path.dirname(file), name));
const packagesOf = (file: string): string[] =>
  importsOf(file)
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.'));

/** The other rooms that the files of a room import, in order. */
function roomsReached(room: string, isIncluded?: (each: Import) => boolean): string[] {
  const reached = files
    .filter((file) => roomOf(file) === room)
    .flatMap((file) => importedBy(file, isIncluded).map(roomOf));
  return [...new Set(reached)].filter((other) => other !== room).sort();
}

/** The first circle along the arrows, from a node back to itself; empty if there is none. */
function circleIn(nodes: readonly string[], next: (node: string) => readonly string[]): string[] {
  const done = new Set<string>();
  const walk = (node: string, way: readonly string[]): string[] => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const each of next(node)) {
      const circle = walk(each, [...way, node]);
      if (circle.length > 0) return circle;
    }
    done.add(node);
    return [];
  };
  for (const node of nodes) {
    const circle = walk(node, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

describe('the house', () => {
  it('the house has a row in rooms.ts for each of its rooms, and no row without a room', () => {
    expect(Object.keys(rooms).sort()).toEqual([...new Set(files.map(roomOf))].sort());
  });

  it('the house imports only files that exist, so that this test reads the imports right', () => {
    const all = files.flatMap((file) => importedBy(file));
    expect(all.length).toBeGreaterThan(files.length);
    for (const imported of all) expect(existsSync(path.join('src', imported))).toBe(true);
  });

  it.each(Object.entries(rooms))(
    'the house lets %s import what its row says, no more and no less',
    (room, row) => {
      const values = roomsReached(room, ({ isOfTypes }) => !isOfTypes);
      const types = roomsReached(room, ({ isOfTypes }) => isOfTypes).filter(
        (other) => !values.includes(other),
      );
      expect({ values, types }).toEqual({
        values: [...row.imports].sort(),
        types: [...(row.types ?? [])].sort(),
      });
    },
  );

  it.each(Object.entries(rooms).filter(([, { never }]) => never !== undefined))(
    'the house lets %s import no package that its row forbids',
    (room, { never }) => {
      const packages = files
        .filter((file) => roomOf(file) === room)
        .map((file) => ({ file, packages: packagesOf(file).filter((name) => never?.test(name)) }));
      expect(packages.filter((each) => each.packages.length > 0)).toEqual([]);
    },
  );

  it('the house has arrows that point one way: each row stands before those that its code runs', () => {
    const order = Object.keys(rooms);
    const backwards = Object.entries(rooms).flatMap(([room, { imports }]) =>
      imports
        .filter((other) => order.includes(other) && order.indexOf(other) < order.indexOf(room))
        .map((other) => `${room} imports ${other}`),
    );
    expect(backwards).toEqual([]);
  });

  it('the house has no file that leads back to itself, not even by types', () => {
    expect(circleIn(files, (file) => importedBy(file).filter((other) => files.includes(other)))).toEqual([]);
    // The check itself finds a circle.
    const arrows: Record<string, string[]> = { a: ['b'], b: ['c', 'd'], c: [], d: ['b'] };
    expect(circleIn(Object.keys(arrows), (node) => arrows[node] ?? [])).toEqual(['b', 'd', 'b']);
  });

  it('the house names on the way of a mutation only rooms that there are, each once', () => {
    const [, way = ''] =
      /## The path of a mutation\n([\s\S]*?)\n\n[^|\n]/.exec(readFileSync('docs/develop.md', 'utf8')) ?? [];
    const stops = [...way.matchAll(/^\|[^|]*?\(\.\.\/src\/([^)]+)\)/gm)].map(([, room]) => room);
    expect(stops.length).toBeGreaterThan(5);
    expect(stops).toEqual([...new Set(stops)]);
    expect(stops.filter((room) => room !== undefined && !(room in rooms))).toEqual([]);
    // A mutation's way begins at the server; gateway.ts connects what follows.
    const others = ['main.ts', 'gateway.ts', 'start-up', 'pages', 'pages/browser', 'config', 'sandbox'];
    expect([...stops, ...others].sort()).toEqual(Object.keys(rooms).sort());
  });

  it('the house lets the sandbox share the upstream’s words and none of its code', () => {
    const shared = files.filter((file) => roomOf(file) === 'sandbox').flatMap((file) => importedBy(file));
    for (const file of shared.filter((each) => roomOf(each) === 'stripe'))
      expect(file).toMatch(/\.wire\.ts$/);
  });

  it('the house knows the environment in main.ts and config.ts only', () => {
    const readers = files.filter((file) =>
      /process\s*\.\s*env|\benv\b.*from 'node:process'/.test(sourceOf(file)),
    );
    expect(readers.filter((file) => !['main.ts', 'config.ts'].includes(file))).toEqual([]);
    expect(readers).toContain('main.ts');
  });

  it('the house has no file above 220 lines, and a gateway.ts that is a list of 150', () => {
    const lengthOf = (file: string): number => sourceOf(file).trimEnd().split('\n').length;
    expect(files.filter((file) => lengthOf(file) > 220)).toEqual([]);
    expect(lengthOf('gateway.ts')).toBeLessThanOrEqual(150);
  });

  it('the house writes to no console', () => {
    expect(files.filter((file) => /\bconsole\s*\./.test(sourceOf(file)))).toEqual([]);
  });

  it('the house has no drawers for odds and ends', () => {
    const everywhere = ['src', 'test'].flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
        (name) => !name.includes('node_modules'),
      ),
    );
    expect(
      everywhere.filter((name) => /(^|[\\/])(utils?|helpers?|common|lib|misc|shared)([\\/.]|$)/i.test(name)),
    ).toEqual([]);
  });

  it('the house asks for its scope at every field that has one', () => {
    // type-graphql reads a plain property without checking its `@Authorized`.
    const guarded = files.flatMap((file) => [
      ...sourceOf(file).matchAll(/@Authorized\([^)]*\)[\s\S]*?@Field\([\s\S]*?\}\)/g),
    ]);
    expect(guarded.length).toBeGreaterThan(0);
    for (const [field] of guarded) {
      const [own = ''] = /@Field\([\s\S]*$/.exec(field) ?? [];
      expect(own).toContain('simple: false');
    }
  });

  it('the house loads no package by import() whose names a bundle would lose', () => {
    // esbuild turns a CommonJS package into a chunk that exports only `default`, which once broke `_service { sdl }`.
    const safe = ['graphql', 'pino-pretty'];
    const loaded = files
      .filter((file) => !file.startsWith('pages'))
      .flatMap((file) =>
        [...sourceOf(file).matchAll(/await import\('([^.'][^']*)'\)/g)].map(([, name = '']) => name),
      );
    expect(loaded.filter((name) => !safe.includes(name))).toEqual([]);
  });
});
