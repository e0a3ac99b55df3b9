import { execFile } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type ClientProject, makeClientProject } from '../harness/client-project.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';

const run = promisify(execFile);
const bin = (name: string): string => path.resolve('node_modules/.bin', name);

/** How each example is called: with a customer, at a URL. */
const examples = {
  'apollo-client': `
    import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
    import { riskOfSignUp } from './apollo-client.ts';
    const send = (uri, name) =>
      riskOfSignUp(new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri }) }), 'rse_1', { name });`,
  urql: `
    import { Client, fetchExchange } from '@urql/core';
    import { riskOfLogin } from './urql.ts';
    const send = (url, customer) => riskOfLogin(new Client({ url, exchanges: [fetchExchange], preferGetMethod: false }), 'rse_1', customer);`,
} as const;

/*
 * The npm package for frontends, packed and installed in a project of its own, and the examples of docs/examples/,
 * compiled there and run against a gateway.
 */
let project: string;
let tarball: string;
let made: ClientProject;

beforeAll(async () => {
  made = await makeClientProject([
    'graphql',
    '@apollo/client',
    '@urql/core',
    'graphql-request',
    '@types/node',
    'undici-types',
  ]);
  project = made.folder;
  tarball = made.tarball;
});
afterAll(() => made.remove());

describe('the package of typed documents', () => {
  it('the package of typed documents has the gateway’s version, and only the files that clients need', async () => {
    const installed = path.join(project, 'node_modules/customer-evaluations');
    const versionIn = (folder: string): unknown =>
      JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
    expect(versionIn(installed)).toBe(versionIn('.'));
    const { stdout } = await run('tar', ['-tf', tarball]);
    const strange = stdout
      .trim()
      .split('\n')
      .filter((file) => !/\.(graphql|json|d\.ts|js)$|^package\/(README\.md|LICENSE)$/.test(file));
    expect(strange).toEqual([]);
    expect(stdout).not.toContain('diff');
    expect(stdout).toMatch(/^package\/README\.md$/m);
    expect(stdout).toMatch(/^package\/LICENSE$/m);
  });

  it('the package of typed documents cannot be published by accident: its name is free on the public registry', async () => {
    // npm asks for a registry and a token first, so both are given, and nothing listens at the registry. A dry run
    // would not check this.
    const registry = [
      // `npm test` runs silently and passes that on through the environment.
      '--loglevel=error',
      '--fetch-retries=0',
      '--registry=http://127.0.0.1:1/',
      '--//127.0.0.1:1/:_authToken=none',
    ];
    const publishing = run('npm', ['publish', '--ignore-scripts', ...registry], { cwd: 'schema' });
    await expect(publishing).rejects.toThrow('EPRIVATE');
  });

  it('the package of typed documents can be published under a scope, as its README says', async () => {
    const readme = readFileSync('schema/README.md', 'utf8');
    const steps = /^## Publish it[\s\S]*?```sh\n([\s\S]*?)```/m.exec(readme)?.[1] ?? '';
    expect(steps).toMatch(/^npm publish$/m);
    const dry = steps
      .replace('./schema', path.resolve('schema'))
      .replace('https://npm.your-org.example', 'http://127.0.0.1:1/')
      .replace(/^npm publish$/m, 'npm publish --dry-run --json --fetch-retries=0');
    const folder = path.join(project, 'publishing/repository');
    mkdirSync(folder, { recursive: true });
    // Quiet through the environment, as `npm test` is; `--json` writes to stdout all the same.
    const { stdout } = await run('sh', ['-ec', dry], { cwd: folder });
    expect(stdout).toContain('@your-org/customer-evaluations');
    expect(stdout).toContain('dist/customer-evaluations.js');
  });

  it('the package of typed documents passes publint and are-the-types-wrong', async () => {
    await run('npm', ['run', '--silent', 'check:package']);
  });

  it('the package of typed documents exports its documents and manifests to plain Node', async () => {
    const script = `
      import { EvaluateLoginDocument } from 'customer-evaluations';
      import manifest from 'customer-evaluations/persisted-query-manifest.json' with { type: 'json' };
      import documents from 'customer-evaluations/persisted-documents.json' with { type: 'json' };
      import { readFileSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      import { print } from 'graphql';
      const sdl = readFileSync(fileURLToPath(import.meta.resolve('customer-evaluations/schema.graphql')), 'utf8');
      const operation = manifest.operations.find(({ name }) => name === 'EvaluateLogin');
      console.log(JSON.stringify({
        same: print(EvaluateLoginDocument) === operation.body.trim(),
        listed: documents[operation.id] === operation.body,
        sdl: sdl.includes('union Signals'),
      }));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project });
    expect(JSON.parse(stdout)).toEqual({ same: true, listed: true, sdl: true });
  });

  it('the package of typed documents compiles with the examples, strictly, and refuses all illegal inputs', async () => {
    const inputs = readFileSync('test/contract/illegal-inputs.ts', 'utf8');
    writeFileSync(
      path.join(project, 'illegal-inputs.ts'),
      inputs.replace('../../schema/generated/customer-evaluations.ts', 'customer-evaluations'),
    );
    writeFileSync(
      path.join(project, 'illegal.ts'),
      `import type { EvaluationClientDetailsInput } from 'customer-evaluations';
export const both: EvaluationClientDetailsInput = { radarSession: 'rse_1', data: { ip: '203.0.113.7' } };\n`,
    );
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
      '--rewriteRelativeImportExtensions',
    ];
    const compile = (files: string[], ...rest: string[]) =>
      run(bin('tsc'), [...options, ...rest, ...files], { cwd: project });
    // Declarations of other libraries are skipped. Those of this package are compiled without skipping below.
    await compile([...globSync('**/*.ts', { cwd: 'docs/examples' }), 'illegal-inputs.ts'], '--skipLibCheck');
    await expect(compile(['illegal.ts'])).rejects.toMatchObject({
      stdout: expect.stringMatching(/^illegal\.ts\(2,14\): error TS2322/),
    });
  });
});

describe('each example', () => {
  let sandbox: Sandbox;
  let gateway: TestGateway;
  let closed: TestGateway;

  beforeAll(async () => {
    // The gateway makes one attempt, so that failures reach the client, which retries.
    const settings = { STRIPE_API_VERSION: '2026-06-24.preview', UPSTREAM_MAX_ATTEMPTS: '1' };
    sandbox = new Sandbox();
    gateway = await startTestGateway(upstreamAt(await sandbox.listen('127.0.0.1', 0), settings));
    closed = await startTestGateway({ ...settings, AUTH_MODE: 'router', ROUTER_SECRET: 'r'.repeat(32) });
  });
  afterAll(() => Promise.all([gateway.close(), closed.close(), sandbox.close()]));

  /** The failure or the level that the example returns for a customer whose name holds a magic word. */
  async function outcomeOf(example: keyof typeof examples, url: string, customer: string): Promise<string> {
    const script = `${examples[example]}
      const { level, isPending, failure } = await send(${JSON.stringify(`${url}/graphql`)}, ${JSON.stringify(customer)});
      console.log(failure ?? (isPending ? 'pending' : level));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project });
    return stdout.trim();
  }

  it('each example reads the same with each client (three-clients)', async () => {
    const script = `
      import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
      import { Client, fetchExchange } from '@urql/core';
      import { GraphQLClient } from 'graphql-request';
      import { withApollo, withGraphQLRequest, withUrql } from './three-clients.ts';
      const url = ${JSON.stringify(`${gateway.url}/graphql`)};
      console.log(JSON.stringify(await Promise.all([
        withApollo(new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: url }) })),
        withUrql(new Client({ url, exchanges: [fetchExchange], preferGetMethod: false })),
        withGraphQLRequest(new GraphQLClient(url)),
      ])));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project });
    expect(JSON.parse(stdout)).toEqual(['HIGHEST', 'HIGHEST', 'HIGHEST']);
  });

  it.each(Object.keys(examples) as (keyof typeof examples)[])(
    'each example reads, refuses and repeats (%s)',
    async (name) => {
      expect(await outcomeOf(name, gateway.url, 'sandbox_highest')).toBe('HIGHEST');
      expect(await outcomeOf(name, gateway.url, 'sandbox_low')).toBe('LOW');
      // The score decides.
      expect(await outcomeOf(name, gateway.url, 'sandbox_highest_null_level')).toBe('HIGHEST');

      // The evaluation is made and the response is lost. A retry with the same key makes no second one.
      const before = sandbox.created;
      expect(await outcomeOf(name, gateway.url, 'sandbox_once_reset_after')).toMatch(
        /^(LOW|NORMAL|ELEVATED|HIGHEST)$/,
      );
      expect(sandbox.created).toBe(before + 1);

      expect(await outcomeOf(name, gateway.url, 'sandbox_error_400')).toBe('BAD_USER_INPUT');
      // The request itself is refused.
      expect(await outcomeOf(name, closed.url, 'cus_1')).toBe('UNAUTHENTICATED');
      // The gateway gives up within the example's budget, far before its own deadline.
      expect(await outcomeOf(name, gateway.url, 'sandbox_hang')).toMatch(/^(UPSTREAM_TIMEOUT|NO_ANSWER)$/);
    },
  );

  it.each(Object.keys(examples) as (keyof typeof examples)[])(
    'each example tells a signal that comes later, and one that is hidden, from no risk (%s)',
    async (name) => {
      const upstream = await startRecordingUpstream();
      const created = (pendingSignals: string[]) => ({
        createCustomerEvaluation: {
          __typename: 'CreateCustomerEvaluationPayload',
          customerEvaluation: {
            __typename: 'CustomerEvaluation',
            id: 'ceval_1',
            signals: null,
            pendingSignals,
          },
          errors: [],
        },
      });
      upstream.answer(200, { data: created(['ACCOUNT_SHARING']) });
      expect(await outcomeOf(name, upstream.url, 'cus_1')).toBe('pending');
      const hidden = {
        message: 'No.',
        path: ['createCustomerEvaluation'],
        extensions: { code: 'FORBIDDEN', retryable: false },
      };
      upstream.answer(200, { data: created([]), errors: [hidden] });
      expect(await outcomeOf(name, upstream.url, 'cus_1')).toBe('FORBIDDEN');
      await upstream.close();
    },
  );

  it.each(Object.keys(examples) as (keyof typeof examples)[])(
    'each example acts on the gateway’s refusal behind an error of a router’s own (%s)',
    async (name) => {
      const upstream = await startRecordingUpstream();
      // As Apollo Router answers for a subgraph's 503, and then for a connection that broke.
      const router = { message: 'HTTP fetch failed', extensions: { code: 'SUBREQUEST_HTTP_ERROR' } };
      const extensions = { code: 'OVERLOADED', retryable: true, retryAfterMs: 10 };
      const answers = [
        { data: null, errors: [router, { message: 'Wait.', extensions }] },
        { data: null, errors: [router] },
        { data: null, errors: [router, { message: 'No.', extensions: { ...extensions, retryable: false } }] },
      ];
      upstream.handle((response) => {
        const answer = answers[upstream.requests.length - 1];
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
      });
      expect(await outcomeOf(name, upstream.url, 'cus_1')).toBe('OVERLOADED');
      expectOneKeyIn(upstream.requests, 3);
      await upstream.close();
    },
  );

  it.each(Object.keys(examples) as (keyof typeof examples)[])(
    'each example reports the code of a router’s own refusal, and retries under the same key (%s)',
    async (name) => {
      const upstream = await startRecordingUpstream();
      const extensions = { code: 'ROUTER_REFUSED' };
      upstream.answer(200, { data: null, errors: [{ message: 'No.', extensions }] });
      expect(await outcomeOf(name, upstream.url, 'cus_1')).toBe('ROUTER_REFUSED');
      expectOneKeyIn(upstream.requests, 3);
      await upstream.close();
    },
  );

  it.each(Object.keys(examples) as (keyof typeof examples)[])(
    'each example stops within its budget: it neither waits for a distant retry nor for a silent gateway (%s)',
    async (name) => {
      const upstream = await startRecordingUpstream();
      const extensions = { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 60_000 };
      upstream.answer(200, { errors: [{ message: 'Wait.', extensions }] });
      expect(await outcomeOf(name, upstream.url, 'cus_1')).toBe('RATE_LIMITED');
      upstream.handle(() => undefined);
      expect(await outcomeOf(name, upstream.url, 'cus_1')).toBe('NO_ANSWER');
      const timeouts = upstream.requests.map(({ headers }) => Number(headers['x-request-timeout-ms']));
      expect(timeouts).toEqual([3_000, 3_000]);
      await upstream.close();
    },
  );
});

/** Each request is a retry under the first one's idempotency key. */
function expectOneKeyIn(requests: readonly { body: string }[], count: number): void {
  const keys = requests.map(({ body }) => JSON.parse(body).variables.idempotencyKey);
  expect(keys).toHaveLength(count);
  expect(new Set(keys).size).toBe(1);
}
