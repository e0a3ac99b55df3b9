import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { installPackages } from '../harness/install-packages.ts';

const run = promisify(execFile);
const copied = [
  'src',
  'schema',
  'deploy',
  'codegen.yml',
  'package.json',
  'test/harness/install-packages.ts',
  'tsconfig.json',
  'tsconfig.build.json',
];
const evaluationType = 'src/customer-evaluation/customer-evaluation.type.ts';

/** The recipes of docs/develop.md, as edits: file, the text before which a line goes, and the line. */
const edits: readonly (readonly [file: string, before: string, line: string])[] = [
  // To add a signal
  [
    'src/customer-evaluation/signals.union.ts',
    '/**\n * Every signal: one row',
    `@ObjectType({ simpleResolvers: true, implements: CustomerEvaluationSignal, description: 'A recipe.' })
     export class DeviceReuseSignal extends CustomerEvaluationSignal {}\n\n`,
  ],
  [
    'src/customer-evaluation/signals.union.ts',
    '} as const satisfies Record<string, SignalRow>;',
    `device_reuse: { field: 'deviceReuse', type: DeviceReuseSignal, event: 'LOGIN', v2: 'user_device_reuse' },\n`,
  ],
  ['src/sandbox/v1/evaluations.ts', '[own]: signal };', 'device_reuse: signal, '],
  // To add a field
  [
    'src/stripe/customer-evaluation.wire.ts',
    'status: z.string().nullish(),',
    'model: z.string().nullish(),\n  ',
  ],
  [
    evaluationType,
    "@Authorized('evaluations:signals')",
    `@Field(() => String, { nullable: true, description: 'A recipe.' })
     readonly model: string | null;\n\n  `,
  ],
  [evaluationType, 'this.signals = fields.signals;', 'this.model = fields.model;\n    '],
  [
    'src/customer-evaluation/v1/from-stripe.ts',
    'livemode: wire.livemode,',
    'model: wire.model ?? null,\n    ',
  ],
  ['src/customer-evaluation/v2/from-stripe.ts', 'livemode: wire.livemode ?? livemode,', 'model: null,\n    '],
  ['src/sandbox/v1/evaluations.ts', 'events: null,\n    signals', `model: 'm7',\n    `],
  // To add a setting
  [
    'src/config/settings-for-everyone.ts',
    'HOST: takes(',
    `HOUSE_COLOUR: takes('red or blue', z.enum(['red', 'blue'])).default('red').describe('a recipe'),\n  `,
  ],
  ['src/config/config.ts', 'readonly host: string;', 'readonly houseColour: string;\n  '],
  ['src/config/config.ts', 'host: values.HOST,', 'houseColour: values.HOUSE_COLOUR,\n    '],
];

function insert(file: string, before: string, line: string): void {
  const text = readFileSync(file, 'utf8');
  if (text.split(before).length !== 2) throw new Error(`not once in ${file}: ${before}`);
  writeFileSync(
    file,
    text.replace(before, () => line + before),
  );
}

describe('a contributor who follows the recipes of docs/develop.md', () => {
  let copy: string;
  let gateway: TestGateway | undefined;
  let told = '';
  const npm = (script: string) => run('npm', ['run', '--silent', script], { cwd: copy });
  const start = (...parameters: string[]) =>
    run(process.execPath, [path.join(copy, 'dist/main.js'), ...parameters], {
      env: { HOUSE_COLOUR: 'green' },
    });

  beforeAll(async () => {
    copy = mkdtempSync(path.join(tmpdir(), 'recipes-'));
    for (const name of copied) {
      cpSync(name, path.join(copy, name), {
        recursive: true,
        // By its times it is known that schema/codegen's packages are installed.
        preserveTimestamps: true,
        filter: (source) => !source.includes('node_modules'),
      });
    }
    await installPackages('schema/codegen');
    for (const folder of ['node_modules', 'schema/codegen/node_modules']) {
      symlinkSync(path.resolve(folder), path.join(copy, folder));
    }
    await run('git', ['init', '--quiet'], { cwd: copy });
    await run('git', ['add', 'schema'], { cwd: copy });
    for (const [file, before, line] of edits) insert(path.join(copy, file), before, line);
    // Runs codegen, and fails since its result is not staged.
    told = await npm('check:generated').then(
      () => '',
      ({ stderr }: { stderr: string }) => stderr,
    );
    await npm('build');
    gateway = await startTestGateway({}, { directory: copy });
  }, 120_000);
  afterAll(async () => {
    await gateway?.close();
    rmSync(copy, { recursive: true });
  });

  const evaluate = (selection: string) =>
    gateway?.send(`mutation { createCustomerEvaluation(input: { eventType: LOGIN, evaluationContext: [
      { clientDetails: { radarSession: "rse_1" } }, { customerDetails: { customer: "cus_1" } }
    ] }) { customerEvaluation { ${selection} } errors { code } } }`);

  it('a contributor who follows the recipes of docs/develop.md gets the signal from the build', async () => {
    const answer = await evaluate('signals { ... on LoginSignals { deviceReuse { score } } }');
    expect(answer?.data.createCustomerEvaluation.customerEvaluation.signals).toEqual({
      deviceReuse: { score: expect.any(Number) },
    });
  });

  it('a contributor who follows the recipes of docs/develop.md gets the field from the build', async () => {
    const answer = await evaluate('model');
    expect(answer?.data.createCustomerEvaluation).toEqual({
      customerEvaluation: { model: 'm7' },
      errors: [],
    });
  });

  it('a contributor who follows the recipes of docs/develop.md finds the setting in --help, and its invalid value refused', async () => {
    expect((await start('--help')).stdout).toContain('HOUSE_COLOUR');
    await expect(start('--check-config')).rejects.toThrow(/HOUSE_COLOUR.*red or blue/);
  });

  it('a contributor who follows the recipes of docs/develop.md finds signal and field in the printed schema', () => {
    const sdl = readFileSync(path.join(copy, 'schema/customer-evaluations.graphql'), 'utf8');
    expect(sdl).toContain('deviceReuse: DeviceReuseSignal');
    expect(sdl).toContain('model: String');
  });

  it('a contributor who follows the recipes of docs/develop.md edits no file that the page does not name', () => {
    const recipes = readFileSync('docs/develop.md', 'utf8').split('## Recipes')[1]?.split('\n## ')[0] ?? '';
    const unnamed = edits.map(([file]) => file).filter((file) => !recipes.includes(`\`${file}\``));
    expect(unnamed).toEqual([]);
  });

  it('a contributor who follows the recipes of docs/develop.md is told to stage generated files', async () => {
    expect(told).toContain('schema/customer-evaluations.graphql');
    expect(told).toContain('run `npm run codegen` and commit');
    await run('git', ['add', 'schema'], { cwd: copy });
    const parameters = ['schema/check-generated.ts'];
    expect((await run(process.execPath, parameters, { cwd: copy })).stderr).toBe('');
  });
});
