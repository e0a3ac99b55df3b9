import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';

// Simulates Node 20: its version, and a node:module without the names added later. Importing a name that a module lacks
// fails before the first line runs.
const asNode20 = `
import { registerHooks } from 'node:module';
Object.defineProperty(process, 'version', { value: 'v20.20.2' });
const builtin = process.getBuiltinModule('module');
const later = /^(findPackageJSON|(enable|flush)CompileCache|getCompileCacheDir|registerHooks|stripTypeScriptTypes)$/;
const names = Object.keys(builtin).filter((name) => /^\\w+$/.test(name) && !later.test(name));
const source = 'const { ' + names.join(', ') + ' } = process.getBuiltinModule("module");' +
  'export { ' + names.join(', ') + ' }; export default { ' + names.join(', ') + ' };';
registerHooks({
  resolve: (specifier, context, next) =>
    context.conditions.includes('import') && /^(node:)?module$/.test(specifier)
      ? { url: 'data:text/javascript,' + encodeURIComponent(source), shortCircuit: true }
      : next(specifier, context),
});`;

it.each([
  ['the gateway', []],
  ['the sandbox', ['sandbox']],
  ['--check-config', ['--check-config']],
])('the command %s of the build says under Node 20 which Node it needs, without a stack', (_, parameters) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(asNode20)}`, 'dist/main.js', ...parameters],
    { env: { PATH: process.env['PATH'], PORT: '0' }, encoding: 'utf8', timeout: 10_000 },
  );
  expect(stderr).toMatch(/^Node 22\.19 or later is required; this is v20\.20\.2\./);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(1);
});
