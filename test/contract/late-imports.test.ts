import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

// `import()` loads a file of its own that is bundled apart from the rest, so the build can break where the sources
// work. For each of them, the test named here in `build.test.ts` runs it.
const loadedLate: Readonly<Record<string, string>> = {
  gateway: 'prints the published SDL unchanged',
  sandbox: 'runs the built-in sandbox, its cases and its journal',
  'built-in-sandbox': 'runs the built-in sandbox, its cases and its journal',
  'trusted-documents': 'runs the operations that are shipped with it, and no others',
  'sdl-printer': 'prints the published SDL unchanged',
  'open-telemetry': 'exports traces',
  'getMachineId-linux': 'exports traces',
  metrics: 'serves metrics',
  inlineTrace: 'puts a trace into the response to a router',
  'redis-rate-limit-store': 'counts in Redis',
  'pino-pretty': 'writes a log for people to a terminal',
  graphql: 'prints the published SDL unchanged',
};

// Imports by Apollo Server and OpenTelemetry for features that are off, or for systems other than Linux.
const neverLoaded: ReadonlySet<string> = new Set([
  'cacheControl',
  'default',
  'disableSuggestions',
  'schemaReporting',
  'usageReporting',
  'getMachineId-bsd',
  'getMachineId-darwin',
  'getMachineId-unsupported',
  'getMachineId-win',
]);

describe('what the build loads late', () => {
  interface LateImport {
    readonly file: string;
    readonly names: string[];
  }
  const lateImports: LateImport[] = readdirSync('dist')
    .filter((file) => file.endsWith('.js'))
    .flatMap((file) => {
      const code = readFileSync(path.join('dist', file), 'utf8');
      const found = code.matchAll(/(?:\{([^{}]*)\}\s*=\s*await )?import\("\.\/([^"]+)"\)/g);
      return [...found].map(([, names = '', late = '']) => ({
        file: late,
        names: names.split(',').flatMap((each) => each.split(':')[0]?.trim() || []),
      }));
    });
  const nameOf = (file: string): string => file.replace(/-[A-Z0-9]{8}\.js$/, '');

  it('each late import of the build is covered by a test of the build, or is known never to be loaded', () => {
    const tests = readFileSync('test/contract/build.test.ts', 'utf8');
    for (const name of Object.values(loadedLate)) expect(tests).toContain(`${name}'`);
    const known = new Set([...Object.keys(loadedLate), ...neverLoaded]);
    const unknown = lateImports.map(({ file }) => nameOf(file)).filter((name) => !known.has(name));
    expect(unknown).toEqual([]);
    expect(lateImports.length).toBeGreaterThan(10);
  });

  it('each late import of the build has every name that is used from it', () => {
    const taken = lateImports.filter(({ names }) => names.length > 0);
    expect(taken.length).toBeGreaterThan(10);
    const script = `
      for (const { file, names } of ${JSON.stringify(taken)}) {
        const module = await import(process.cwd() + '/dist/' + file);
        for (const name of names) if (module[name] === undefined) console.log(file + ' has no ' + name);
      }
      process.exit();`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });
});
