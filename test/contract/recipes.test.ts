import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { installPackages } from '../../deploy/build/install-packages.ts';
import { registration } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';
import { type Edit, recipes } from './recipes.ts';

const run = promisify(execFile);
const copied = [
  'src',
  'schema',
  'deploy',
  'docs',
  'test',
  'README.md',
  'codegen.yml',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
function make([name, before, line]: Edit, root: string): void {
  const file = path.join(root, name);
  if (before === undefined) {
    writeFileSync(file, line, { flag: 'wx' });
    return;
  }
  const text = readFileSync(file, 'utf8');
  if (text.split(before).length !== 2) throw new Error(`not once in ${file}: ${before}`);
  writeFileSync(
    file,
    text.replace(before, () => line + before),
  );
}

const recheck = `mutation { first: recheckCustomerEvaluation(id: "ceval_example", note: "again") {
  customerEvaluation { customer { id } } errors { code }
} }`;

describe('a contributor who follows the recipes of docs/develop.md', () => {
  let copy: string;
  let gateway: TestGateway;
  let told = '';
  const npm = (script: string) => run('npm', ['run', '--silent', script], { cwd: copy });
  // The compiler prints errors to stdout, which the message of the rejection leaves out.
  const mustRun = (script: string) =>
    npm(script).catch(({ message, stdout }) => Promise.reject(new Error(`${message}${stdout}`)));
  const start = (...parameters: string[]) =>
    run(process.execPath, [path.join(copy, 'dist/main.js'), ...parameters], {
      env: { HOUSE_COLOUR: 'green' },
    });

  beforeAll(async () => {
    copy = mkdtempSync(path.join(tmpdir(), 'recipes-'));
    for (const name of copied) {
      cpSync(name, path.join(copy, name), {
        recursive: true,
        // Other tests compile and pack schema/ meanwhile.
        filter: (source) => !/node_modules|schema\/dist|\.tgz$/.test(source),
      });
    }
    await installPackages('schema/codegen');
    for (const folder of ['node_modules', 'schema/codegen/node_modules', 'src/pages/browser/node_modules']) {
      symlinkSync(path.resolve(folder), path.join(copy, folder));
    }
    await run('git', ['init', '--quiet'], { cwd: copy });
    await run('git', ['add', 'schema'], { cwd: copy });
    for (const edit of Object.values(recipes).flat()) make(edit, copy);
    // Runs codegen, and fails because the result is not staged.
    told = await npm('check:generated').then(
      () => '',
      ({ stderr }: { stderr: string }) => stderr,
    );
    await Promise.all([mustRun('build'), mustRun('docs')]);
    gateway = await startTestGateway({ METRICS_PORT: '0' }, { directory: copy });
  });
  afterAll(async () => {
    await gateway?.close();
    rmSync(copy, { recursive: true });
  });

  const evaluate = (selection: string, by = gateway) =>
    by.send(`mutation { createCustomerEvaluation(input: { eventType: LOGIN, evaluationContext: [
      { clientDetails: { radarSession: "rse_1" } }, { customerDetails: { customer: "cus_1" } }
    ] }) { customerEvaluation { ${selection} } errors { code } } }`);

  it('a contributor who follows the recipes of docs/develop.md gets the signal from the build', async () => {
    const answer = await evaluate('signals { ... on LoginSignals { deviceReuse { score } } }');
    expect(answer.data.createCustomerEvaluation.customerEvaluation.signals).toEqual({
      deviceReuse: { score: expect.any(Number) },
    });
  });

  it('a contributor who follows the recipes of docs/develop.md gets the signal from v2 too, which is asked for it', async () => {
    const other = await startTestGateway({ STRIPE_API: 'v2' }, { directory: copy });
    const answer = await evaluate('signals { ... on LoginSignals { deviceReuse { score } } }', other);
    await other.close();
    expect(answer.data.createCustomerEvaluation).toEqual({
      customerEvaluation: { signals: { deviceReuse: { score: expect.any(Number) } } },
      errors: [],
    });
  });

  it('a contributor who follows the recipes of docs/develop.md gets the field from the build', async () => {
    const answer = await evaluate('model');
    expect(answer.data.createCustomerEvaluation).toEqual({
      customerEvaluation: { model: 'm7' },
      errors: [],
    });
  });

  it('a contributor who follows the recipes of docs/develop.md finds the setting in --help, and its invalid value refused', async () => {
    expect((await start('--help')).stdout).toContain('HOUSE_COLOUR');
    await expect(start('--check-config')).rejects.toThrow(/HOUSE_COLOUR.*red or blue/);
  });

  it('a contributor who follows the recipes of docs/develop.md gets the upstream call from the build, measured under its own name', async () => {
    const retries = 'customer_evaluations_upstream_retries_total';
    const attempts = 'customer_evaluations_upstream_attempt_duration_seconds_count';
    const before = await scrape(metricsUrl(gateway));
    const counted = before.filter(({ name, labels }) => name === retries && labels['call'] === 'recheck');
    expect(counted.map(({ value }) => value)).toEqual([0]);
    const answer = await gateway.send(recheck);
    expect(answer.data.first).toEqual({
      customerEvaluation: { customer: { id: 'cus_checked_again' } },
      errors: [],
    });
    const samples = await scrape(metricsUrl(gateway));
    expect(sumOf(samples, attempts, { call: 'recheck', result: '200' })).toBe(1);
  });

  it.each([
    ['a version of v1 that is too old', { STRIPE_API: 'v1', STRIPE_API_VERSION: '2026-03-04.preview' }],
    ['v2', { STRIPE_API: 'v2' }],
  ])(
    'a contributor who follows the recipes of docs/develop.md has the upstream call refused under %s',
    async (_, environment) => {
      const other = await startTestGateway(environment, { directory: copy });
      const answer = await other.send(recheck);
      await other.close();
      expect(answer.data.first.errors).toEqual([{ code: 'UPSTREAM_UNSUPPORTED' }]);
    },
  );

  it('a contributor who follows the recipes of docs/develop.md meets the error code in a payload, and the other as a top-level error', async () => {
    const create =
      'mutation ($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) { errors { code message } } }';
    const send = (idempotencyKey: string) =>
      gateway.send(create, { input: registration({ idempotencyKey }) });
    const frozen = await send('frozen');
    expect(frozen.data.createCustomerEvaluation.errors).toEqual([
      { code: 'EVALUATION_FROZEN', message: 'Thaw it, then send again.' },
    ]);
    const closed = await send('closed');
    expect(closed.errors).toEqual([
      expect.objectContaining({
        message: 'The house is closed. Come back tomorrow.',
        extensions: { code: 'HOUSE_CLOSED', retryable: false, effect: 'NONE' },
      }),
    ]);
  });

  it.each([
    ['EVALUATION_FROZEN', 'client'],
    ['HOUSE_CLOSED', 'gateway'],
  ])(
    'a contributor who follows the recipes of docs/develop.md finds %s counted as the fault of the %s, and in the reference',
    async (outcome, fault) => {
      const samples = await scrape(metricsUrl(gateway));
      const name = 'customer_evaluations_operation_duration_seconds_count';
      expect(sumOf(samples, name, { operation: 'createCustomerEvaluation', outcome, fault })).toBe(1);
      const reference = readFileSync(path.join(copy, 'docs/reference/errors.md'), 'utf8');
      expect(reference).toContain(`| \`${outcome}\` |`);
    },
  );

  it('a contributor who follows the recipes of docs/develop.md finds all of it in the printed schema', () => {
    const sdl = readFileSync(path.join(copy, 'schema/customer-evaluations.graphql'), 'utf8');
    expect(sdl).toContain('deviceReuse: DeviceReuseSignal');
    expect(sdl).toContain('model: String');
    expect(sdl).toContain('recheckCustomerEvaluation(');
  });

  it.each(Object.entries(recipes))(
    'a contributor who follows the recipes of docs/develop.md finds each file named: %s',
    (heading, edits) => {
      const recipe =
        readFileSync('docs/develop.md', 'utf8').split(`### ${heading}\n`)[1]?.split('\n##')[0] ?? '';
      const isNamed = (file: string) => recipe.includes(`\`${file}\``);
      const unnamed = edits.filter(
        ([file, before]) => !isNamed(before === undefined ? `${path.dirname(file)}/` : file),
      );
      expect(unnamed).toEqual([]);
    },
  );

  it('a contributor who follows the recipes of docs/develop.md is told to stage generated files', async () => {
    expect(told).toContain('schema/customer-evaluations.graphql');
    expect(told).toContain('run `npm run codegen` and commit');
    await run('git', ['add', 'schema'], { cwd: copy });
    const parameters = ['schema/check-generated.ts'];
    expect((await run(process.execPath, parameters, { cwd: copy })).stderr).toBe('');
  });
});
