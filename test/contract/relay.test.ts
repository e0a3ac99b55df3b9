import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { installClientTools, projectWithTools, runScript, runTool } from '../harness/client-tools.ts';
import { registration } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const variablesOf = (id: string): Record<string, object> => ({
  CreateCustomerEvaluation: { input: registration() },
  EvaluateLogin: { radarSession: 'rse_1', customer: 'cus_1' },
  EvaluateRegistration: { radarSession: 'rse_1', customerData: { email: 'test@example.com' } },
  CustomerEvaluation: { id },
  ReportCustomerEvaluation: { id, report: { outcome: { status: 'ALLOWED' } } },
});

/** The shipped operations, named as Relay requires: by the module and the kind of operation. */
const operations = readdirSync('schema/operations').map((file) => {
  const text = readFileSync(`schema/operations/${file}`, 'utf8');
  const [declared = '', kind = '', name = ''] = /^(query|mutation) (\w+)/m.exec(text) ?? [];
  const relayName = `${name}${kind === 'query' ? 'Query' : 'Mutation'}`;
  return { name, relayName, text: text.replace(declared, `${kind} ${relayName}`) };
});

// The `relay.config.json` of the documentation.
const page = readFileSync('docs/frontend.md', 'utf8');
const [, config = ''] = /^`relay\.config\.json`:\n\n```json\n([\s\S]*?)^```/m.exec(page) ?? [];

interface Answer {
  readonly data?: Record<string, { errors?: unknown[] } | null>;
  readonly errors?: { extensions: { code: string } }[];
}

describe('Relay, compiled and run as docs/frontend.md says, where only trusted documents are run', () => {
  let project: string;
  let gateway: TestGateway;

  beforeAll(async () => {
    await installClientTools();
    project = projectWithTools();
    mkdirSync(path.join(project, 'src'));
    mkdirSync(path.join(project, 'schema'));
    copyFileSync('schema/api.graphql', path.join(project, 'schema/api.graphql'));
    copyFileSync('docs/examples/relay.ts', path.join(project, 'relay.ts'));
    const schema = 'node_modules/customer-evaluations/api.graphql';
    expect(config).toContain(schema);
    writeFileSync(path.join(project, 'relay.config.json'), config.replace(schema, 'schema/api.graphql'));
    writeFileSync(path.join(project, 'persisted-queries.json'), '{}');
    for (const { name, text } of operations) {
      writeFileSync(
        path.join(project, `src/${name}.ts`),
        `import { graphql } from 'relay-runtime';\nexport const operation = graphql\`${text}\`;\n`,
      );
    }
    await runTool(project, 'relay-compiler');
    gateway = await startTestGateway({
      TRUSTED_DOCUMENTS: 'only',
      TRUSTED_DOCUMENTS_PATH: path.join(project, 'persisted-queries.json'),
    });
  }, 180_000);
  afterAll(async () => {
    await gateway.close();
    rmSync(project, { recursive: true });
  });

  /** Executes a compiled operation with Relay's own network layer. */
  const execute = (relayName: string, variables: object): Promise<Answer> =>
    runScript(
      project,
      `import runtime from 'relay-runtime';
       import { fetchById } from './relay.ts';
       import artifact from './src/__generated__/${relayName}.graphql.ts';
       const network = runtime.Network.create(fetchById('${gateway.url}/graphql'));
       const answer = await network.execute(artifact.params, ${JSON.stringify(variables)}, {}).toPromise();
       console.log(JSON.stringify(answer));`,
    );

  it.each(operations)(
    'Relay with TRUSTED_DOCUMENTS=only sends $relayName by its id',
    async ({ name, relayName }) => {
      const created = await execute('EvaluateLoginMutation', variablesOf('')['EvaluateLogin'] ?? {});
      const payload = created.data?.['createCustomerEvaluation'] as { customerEvaluation?: { id: string } };
      const answer = await execute(relayName, variablesOf(payload.customerEvaluation?.id ?? '')[name] ?? {});
      expect(answer.errors).toBeUndefined();
      const [field] = Object.values(answer.data ?? {});
      expect(field).toBeTruthy();
      expect(field?.errors ?? []).toEqual([]);
    },
  );

  it('Relay with TRUSTED_DOCUMENTS=only puts no text of its operations into the page’s bundle', () => {
    for (const { relayName } of operations) {
      const artifact = readFileSync(path.join(project, `src/__generated__/${relayName}.graphql.ts`), 'utf8');
      expect(artifact).toMatch(/"id": "[\da-f]{64}",/);
      expect(artifact).toContain('"text": null');
    }
  });

  it('Relay with TRUSTED_DOCUMENTS=only gets a refusal for an operation that the gateway does not have', async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ documentId: 'f'.repeat(64), variables: {} }),
    });
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST' } }],
    });
  });
});
