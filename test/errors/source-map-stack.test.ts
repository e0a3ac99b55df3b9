import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { inSources, withSourcePlaces } from '../../src/errors/source-map-stack.ts';

describe('the places of a bug', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundled-'));
  const bundle = pathToFileURL(path.join(folder, 'dist/main.js'));

  beforeAll(async () => {
    const entry = path.join(folder, 'main.ts');
    writeFileSync(
      entry,
      'interface Nothing {}\n\nexport function fail(): Nothing {\n  throw new Error();\n}\n',
    );
    const outdir = path.join(folder, 'dist');
    await build({ entryPoints: [entry], outdir, bundle: true, format: 'esm', minify: true, sourcemap: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('the stack of a bug in a bundle has source locations', async () => {
    const column = 1 + readFileSync(bundle, 'utf8').indexOf('throw');
    expect(inSources(`Error\n    at fail (${bundle}:1:${column})\n    at ${bundle}:1:${column}`)).toBe(
      'Error\n    at fail (main.ts:4:3)\n    at main.ts:4:3',
    );
  });

  it('the stack of a bug is unchanged without a source map', () => {
    for (const place of [`${new URL('other.js', bundle)}:1:1`, 'node:fs:778:18', 'anything'])
      expect(inSources(`at f (${place})`)).toBe(`at f (${place})`);
    expect(withSourcePlaces('no error')).toBe('no error');
  });
});
