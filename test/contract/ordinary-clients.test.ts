import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, cacheExchange, fetchExchange } from '@urql/core';
import { Kind, parse, print, type SelectionSetNode, visit } from 'graphql';
import { GraphQLClient } from 'graphql-request';
import {
  CreateCustomerEvaluationDocument,
  CustomerEvaluationDocument,
  EvaluateLoginDocument,
  EvaluateRegistrationDocument,
  ReportCustomerEvaluationDocument,
} from '../../schema/generated/customer-evaluations.ts';
import { createEverything, registration } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const variablesOf = (id: string) => ({
  CreateCustomerEvaluationDocument: { input: registration() },
  EvaluateLoginDocument: { radarSession: 'rse_1', customer: 'cus_1' },
  EvaluateRegistrationDocument: { radarSession: 'rse_1', customerData: { email: 'test@example.com' } },
  CustomerEvaluationDocument: { id },
  ReportCustomerEvaluationDocument: { id, report: { outcome: { status: 'ALLOWED' } } },
});
type Name = keyof ReturnType<typeof variablesOf>;
const names = Object.keys(variablesOf('')) as Name[];

const shipped = {
  CreateCustomerEvaluationDocument,
  EvaluateLoginDocument,
  EvaluateRegistrationDocument,
  CustomerEvaluationDocument,
  ReportCustomerEvaluationDocument,
};
// The documents are typed by their variables, which differ.
const documentOf = (name: Name) => shipped[name] as typeof CustomerEvaluationDocument;
const isMutation = (name: Name) => name !== 'CustomerEvaluationDocument';

/** Each client set up as its own documentation says, without any knowledge of trusted documents. */
const clients: Record<string, (url: string, name: Name, variables: { id: string }) => Promise<unknown>> = {
  'Apollo Client with its cache': async (uri, name, variables) => {
    const client = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri }) });
    const document = documentOf(name);
    const { data, error } = isMutation(name)
      ? await client.mutate({ mutation: document, variables })
      : await client.query({ query: document, variables });
    if (error) throw error;
    return data;
  },
  'urql with its cache': async (url, name, variables) => {
    const client = new Client({ url, exchanges: [cacheExchange, fetchExchange], preferGetMethod: false });
    const document = documentOf(name);
    const { data, error } = await (isMutation(name)
      ? client.mutation(document, variables)
      : client.query(document, variables)
    ).toPromise();
    if (error) throw error;
    return data;
  },
  'urql without a cache': async (url, name, variables) => {
    const client = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });
    const document = documentOf(name);
    const { data, error } = await (isMutation(name)
      ? client.mutation(document, variables)
      : client.query(document, variables)
    ).toPromise();
    if (error) throw error;
    return data;
  },
  'graphql-request': (url, name, variables) => new GraphQLClient(url).request(documentOf(name), variables),
};

describe('an ordinary client, where only trusted documents are run', () => {
  let gateway: TestGateway;
  let id: string;

  beforeAll(async () => {
    const version = { STRIPE_API_VERSION: '2026-06-24.preview' };
    gateway = await startTestGateway({ ...version, TRUSTED_DOCUMENTS: 'only', METRICS_PORT: '0' });
    const created = await new GraphQLClient(`${gateway.url}/graphql`).request(
      shipped.CreateCustomerEvaluationDocument,
      variablesOf('').CreateCustomerEvaluationDocument as never,
    );
    id = created.createCustomerEvaluation?.customerEvaluation?.id ?? '';
  });
  afterAll(() => gateway.close());

  it.each(names.flatMap((name) => Object.keys(clients).map((client) => [client, name] as const)))(
    'an ordinary client, where only trusted documents are run, sends a trusted document by itself: %s, %s',
    async (client, name) => {
      // Each test has its own variables, so that no client answers from its cache.
      const variables = variablesOf(id)[name] as { id: string };
      const data = (await clients[client]?.(`${gateway.url}/graphql`, name, variables)) as Record<
        string,
        object
      >;
      const [answer = {}] = Object.values(data).filter((value) => typeof value === 'object');
      expect(answer).toMatchObject({ __typename: expect.stringMatching(/Payload$|^CustomerEvaluation$/) });
      expect('errors' in answer ? answer.errors : []).toEqual([]);
    },
  );

  it('an ordinary client’s operations are run by plans', async () => {
    const byPath = async (path: string): Promise<number> =>
      sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_prepared_operations_total', { path });
    const [plans, others] = [await byPath('plan'), await byPath('apollo')];
    for (const send of Object.values(clients)) {
      for (const name of names) {
        // No client answers these from its cache.
        await send(`${gateway.url}/graphql`, name, variablesOf(id)[name] as { id: string });
      }
    }
    expect(await byPath('plan')).toBe(plans + names.length * Object.keys(clients).length);
    expect(await byPath('apollo')).toBe(others);
  });

  it('an ordinary client can send a trusted document with fragments as urql does, without a blank line', async () => {
    const own = parse(
      'query Own($id: ID!) { __typename ...F } fragment F on Query { customerEvaluation(id: $id) { __typename id } }',
      // Generated documents have no locations.
      { noLocation: true },
    );
    const folder = mkdtempSync(path.join(tmpdir(), 'documents-'));
    writeFileSync(path.join(folder, 'own.json'), JSON.stringify({ own: print(own) }));
    const trusting = await startTestGateway({
      STRIPE_API_VERSION: '2026-06-24.preview',
      TRUSTED_DOCUMENTS: 'only',
      TRUSTED_DOCUMENTS_PATH: folder,
    });
    const url = `${trusting.url}/graphql`;
    const client = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });
    const { data, error } = await client.query(own, { id: 'ceval_none' }).toPromise();
    await trusting.close();
    rmSync(folder, { recursive: true });
    expect(error).toBeUndefined();
    expect(data).toMatchObject({ customerEvaluation: null });
  });

  it('an ordinary client gets a refusal for an untrusted document', async () => {
    const { errors } = await gateway.send(createEverything, { input: registration() });
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_NOT_IN_SAFELIST' } }]);
  });
});

describe('a shipped document', () => {
  it.each(names)(
    'a shipped document %s asks for __typename in each selection below its root, as caching clients do',
    (name) => {
      const without: SelectionSetNode[] = [];
      visit(documentOf(name), {
        SelectionSet(node, _key, parent) {
          if (parent !== undefined && 'kind' in parent && parent.kind === Kind.OPERATION_DEFINITION) return;
          const [first] = node.selections;
          if (first?.kind !== Kind.FIELD || first.name.value !== '__typename') without.push(node);
        },
      });
      expect(without).toEqual([]);
    },
  );
});
