import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ClientProject, makeClientProject } from '../harness/client-project.ts';
import { installClientTools, runTool } from '../harness/client-tools.ts';

const page = `
import { EvaluateLoginDocument, type EvaluateLoginMutationVariables } from 'customer-evaluations';

export const variables: EvaluateLoginMutationVariables = { radarSession: 'rse_1', customer: 'cus_1' };
export const document = EvaluateLoginDocument;
// @ts-expect-error The types were found: a customer is no Boolean.
export const wrong: EvaluateLoginMutationVariables = { radarSession: 'rse_1', customer: true };
`;

describe('The package of typed documents', () => {
  let made: ClientProject;

  beforeAll(async () => {
    await installClientTools();
    made = await makeClientProject(['graphql']);
    writeFileSync(path.join(made.folder, 'page.ts'), page);
  }, 180_000);
  afterAll(() => made.remove());

  // `node10` is the default before TypeScript 7, and ignores `exports`.
  it.each([
    { moduleResolution: 'node10', module: 'esnext' },
    { moduleResolution: 'bundler', module: 'esnext' },
    { moduleResolution: 'nodenext', module: 'nodenext' },
  ])(
    'The package of typed documents is found with its types by TypeScript 5 ($moduleResolution)',
    async ({ moduleResolution, module }) => {
      const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom'];
      const resolution = ['--moduleResolution', moduleResolution, '--module', module, '--skipLibCheck'];
      const told = await runTool(made.folder, 'tsc', ...options, ...resolution, 'page.ts').catch(
        ({ stdout }: { stdout: string }) => stdout,
      );
      expect(told).toBe('');
    },
  );
});
