import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { composeServices as composeWithApollo } from '@apollo/composition';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { composeServices as composeWithGuild } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { gatewayConfig } from '../../deploy/supergraph/gateway.config.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { type RunningServer, startCustomers } from '../harness/neighbours.ts';
import { blocksOf, commands } from '../harness/page-blocks.ts';
import { type ComposedSubgraph, introspectSubgraphs, startHiveGateway } from './supergraph.ts';

const run = promisify(execFile);
const page = 'docs/supergraph.md';
const commandsOfPage = commands.filter((command) => command.page === page);

describe(`the supergraph of ${page}`, () => {
  let subgraphs: ComposedSubgraph[];
  let subgraph: TestGateway;
  let router: RunningServer;
  let customers: RunningServer;

  beforeAll(async () => {
    // With the settings that the page starts it with.
    const start = commandsOfPage.find(({ command }) => command === 'npm start');
    const environment = Object.fromEntries(start?.variables.map((pair) => pair.split('=')) ?? []);
    subgraph = await startTestGateway(environment);
    customers = await startCustomers();
    subgraphs = await introspectSubgraphs({ 'customer-evaluations': subgraph, customers });
    router = await startHiveGateway(subgraphs);
  });
  afterAll(async () => {
    for (const server of [router, customers, subgraph]) await server.close();
  });

  it('the supergraph answers what the page asks of it, one request after the other', async () => {
    const at = `http://${gatewayConfig.host}:${gatewayConfig.port}`;
    const curls = commandsOfPage.filter(({ words }) => words[0] === 'curl').map(({ command }) => command);
    expect(curls).toHaveLength(2);
    const [create, report] = curls.map((curl) => curl.replace(at, router.url));

    const created = JSON.parse((await run('sh', ['-c', create ?? ''])).stdout);
    expect(created.data.createCustomerEvaluation).toEqual({
      customerEvaluation: {
        id: expect.stringMatching(/^ceval_/),
        customer: { customer: { name: 'The customer 1' } },
        signals: { accountSharing: { score: expect.any(Number), riskLevel: expect.any(String) } },
      },
      errors: [],
    });
    const { id } = created.data.createCustomerEvaluation.customerEvaluation;
    const reported = JSON.parse((await run('sh', ['-c', (report ?? '').replace('ceval_…', id)])).stdout);
    expect(reported.data.reportCustomerEvaluation).toEqual({
      customerEvaluation: { status: 'ALLOWED', customer: { customer: { name: 'The customer 1' } } },
      errors: [],
    });
  });

  it.each([
    { composer: 'Apollo', compose: composeWithApollo },
    { composer: 'The Guild', compose: composeWithGuild },
  ])(
    'the supergraph takes what the page has other subgraphs write, by the composer of $composer',
    ({ compose }) => {
      const written = blocksOf('graphql').filter((block) => block.page === page);
      expect(written).toHaveLength(2);
      const [ours] = subgraphs.filter(({ name }) => name === 'customer-evaluations');
      const others = written.map(({ text }, index) => ({
        name: `other-${index}`,
        url: 'http://127.0.0.1:9/graphql',
        typeDefs: parse(`
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
        type Query { other${index}: ${/type (\w+)/.exec(text)?.[1]} }
        ${text}`),
      }));
      const { errors, supergraphSdl } = compose([...(ours === undefined ? [] : [ours]), ...others]);
      expect(errors).toBeUndefined();
      expect(supergraphSdl).toContain('type Order');
    },
  );
});
