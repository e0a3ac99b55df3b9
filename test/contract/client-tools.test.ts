import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { installClientTools, projectWithTools, runScript, runTool } from '../harness/client-tools.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const operation = `mutation evaluateMutation($input: CreateCustomerEvaluationInput!) {
  createCustomerEvaluation(input: $input) {
    customerEvaluation { id createdAt signals { __typename ... on LoginSignals { accountSharing { riskLevel } } } }
    errors { code }
  }
}`;

describe('the schema for clients is read by', () => {
  let gateway: TestGateway;
  let project: string;
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
    writeFileSync(path.join(project, file), text);
  };
  const read = (file: string) => readFileSync(path.join(project, file), 'utf8');

  beforeAll(async () => {
    await installClientTools();
    gateway = await startTestGateway();
  }, 180_000);
  afterAll(() => gateway.close());
  beforeEach(() => {
    project = projectWithTools();
    copyFileSync('schema/api.graphql', path.join(project, 'api.graphql'));
  });
  afterEach(() => rmSync(project, { recursive: true }));

  it('the schema for clients is read by Relay’s compiler, which makes exclusive unions of @oneOf inputs', async () => {
    const config = {
      src: './src',
      language: 'typescript',
      schema: './api.graphql',
      customScalarTypes: { DateTime: 'string' },
    };
    put('relay.config.json', JSON.stringify(config));
    put(
      'src/evaluate.ts',
      `import { graphql } from 'relay-runtime';\nexport const evaluate = graphql\`${operation}\`;\n`,
    );
    await runTool(project, 'relay-compiler');
    const generated = read('src/__generated__/evaluateMutation.graphql.ts');
    expect(generated).toMatch(/clientDetails: EvaluationClientDetails\w+;\n\s+customerDetails\?: never;/);
    expect(generated).toContain('createdAt: string');
  });

  it('the schema for clients is read by GraphQL Inspector, which validates, and finds what breaks', async () => {
    put('operation.graphql', operation);
    const found = await runScript<{ valid: unknown[]; none: unknown[]; breaking: string[] }>(
      project,
      `import { readFileSync } from 'node:fs';
       import { diff, validate } from '@graphql-inspector/core';
       import { buildSchema, Source } from 'graphql';
       const text = readFileSync('api.graphql', 'utf8');
       const schema = buildSchema(text);
       const less = buildSchema(text.replace('livemode:', 'lives:'));
       const changes = await diff(schema, less);
       console.log(JSON.stringify({
         valid: validate(schema, [new Source(readFileSync('operation.graphql', 'utf8'))]),
         none: await diff(schema, buildSchema(text)),
         breaking: changes.filter(({ criticality }) => criticality.level === 'BREAKING').map(({ path }) => path),
       }));`,
    );
    expect(found).toEqual({ valid: [], none: [], breaking: ['CustomerEvaluation.livemode'] });
  });

  it.each(['the file', 'introspection'])(
    'the schema for clients is read by GraphQL Code Generator’s client preset, from %s',
    async (source) => {
      const schema =
        source === 'the file' ? './api.graphql' : [{ [`${gateway.url}/graphql`]: { oneOf: true } }];
      put(
        'src/evaluate.ts',
        `import { graphql } from './gql';\nexport const evaluate = graphql(\`${operation}\`);\n`,
      );
      const files = await runScript<{ filename: string; content: string }[]>(
        project,
        `import { generate } from '@graphql-codegen/cli';
       const config = { scalars: { DateTime: 'string' } };
       const files = await generate({ schema: ${JSON.stringify(schema)}, documents: 'src/*.ts', silent: true,
         generates: { './src/gql/': { preset: 'client', config } } }, false);
       console.log(JSON.stringify(files));`,
      );
      const types = files.find(({ filename }) => filename.endsWith('graphql.ts'))?.content ?? '';
      expect(types).toContain('customerDetails?: never');
      expect(types).toContain('createdAt: string');
    },
  );

  it('the schema for clients is read by gql.tada, whose types refuse an input with none of its keys', async () => {
    const plugins = [
      { name: 'gql.tada/ts-plugin', schema: './api.graphql', tadaOutputLocation: './graphql-env.d.ts' },
    ];
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      skipLibCheck: true,
      types: [],
      plugins,
    };
    put('tsconfig.json', JSON.stringify({ compilerOptions, files: ['evaluate.ts'] }));
    put('package.json', '{ "type": "module" }');
    put(
      'evaluate.ts',
      `import { initGraphQLTada, type VariablesOf } from 'gql.tada';
       import type { introspection } from './graphql-env.d.ts';
       const graphql = initGraphQLTada<{ introspection: introspection; scalars: { DateTime: string } }>();
       const evaluate = graphql(\`${operation}\`);
       type Variables = VariablesOf<typeof evaluate>;
       export const good: Variables = { input: { eventType: 'LOGIN', evaluationContext: [{ clientDetails: { radarSession: 'rse_1' } }] } };
       // @ts-expect-error none of the keys
       export const bad: Variables = { input: { eventType: 'LOGIN', evaluationContext: [{}] } };`,
    );
    await runTool(project, 'gql.tada', 'generate-output');
    await runTool(project, 'tsc', '-p', '.');
    expect(read('graphql-env.d.ts')).toContain('EvaluationContextInput');
  });
});
