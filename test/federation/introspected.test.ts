import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type GraphQLAnswer, postGraphQL, startTestGateway, upstreamAt } from '../harness/gateway.ts';
import {
  ordersSdl,
  type RunningServer,
  reviewsSdl,
  startCustomers,
  startOrders,
  startReviews,
} from '../harness/neighbours.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';
import { composedByTheGuild, introspectSubgraphs, startHiveRuntime } from './supergraph.ts';

const run = promisify(execFile);

/** A running subgraph. Its SDL is fetched from it, or given here. */
interface Subgraph {
  readonly url: string;
  readonly sdl?: string;
}

/** Composes subgraphs as `mesh-compose` does on the command line. */
async function meshCompose(
  subgraphs: Readonly<Record<string, Subgraph>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'subgraphs-'));
  const named = Object.entries(subgraphs).map(([name, { url, sdl }]) => {
    const file = path.join(folder, `${name}.graphql`);
    if (sdl !== undefined) writeFileSync(file, sdl);
    return [name, `${url}/graphql`, ...(sdl === undefined ? [] : [file])].join('=');
  });
  try {
    const { stdout } = await run(
      process.execPath,
      ['test/federation/node_modules/.bin/mesh-compose', '--config-path', 'test/federation/mesh.config.ts'],
      { env: { PATH: process.env['PATH'], SUBGRAPHS: named.join(' '), ...environment } },
    );
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('The built gateway', () => {
  it('The built gateway is introspected by mesh-compose in production, where only routers may introspect', async () => {
    const secret = 'a-secret-of-the-router-and-nobody-else';
    const upstream = await startRecordingUpstream();
    const closed = await startTestGateway({
      ...upstreamAt(upstream.url),
      NODE_ENV: 'production',
      AUTH_MODE: 'router',
      ROUTER_SECRET: secret,
    });
    const servers = { 'customer-evaluations': closed };
    await expect(meshCompose(servers, { FEDERATION: 'true' })).rejects.toThrow(/Failed to load/);
    const supergraph = await meshCompose(servers, { FEDERATION: 'true', SUBGRAPH_SECRET: secret });
    expect(supergraph).toMatch(/^type CustomerEvaluation\b/m);
    expect(supergraph).toContain(`url: "${closed.url}/graphql"`);
    expect(supergraph).not.toMatch(/\b_Service\b|\b_Any\b/);
    for (const server of [closed, upstream]) await server.close();
  });
});

describe.each(['mesh-compose', 'The Guild’s composer'])(
  'Hive’s planner in Rust, on a supergraph of %s,',
  (composer) => {
    let sandbox: Sandbox;
    const servers: RunningServer[] = [];
    let send: (query: string, variables?: object) => Promise<GraphQLAnswer>;

    beforeAll(async () => {
      sandbox = new Sandbox();
      const gateway = await startTestGateway(upstreamAt(await sandbox.listen('127.0.0.1', 0)));
      const [customers, orders, reviews] = await Promise.all([
        startCustomers(),
        startOrders(),
        startReviews(),
      ]);
      servers.push(customers, orders, reviews, gateway);
      const subgraphs = { 'customer-evaluations': gateway, customers, orders, reviews };
      const supergraph =
        composer === 'mesh-compose'
          ? await meshCompose({
              'customer-evaluations': gateway,
              // Of what @apollo/subgraph serves, mesh-compose 1.8.2 loses `Query`: it takes `extend type Query` for
              // another definition.
              customers: {
                url: customers.url,
                sdl: readFileSync('deploy/supergraph/customers.graphql', 'utf8'),
              },
              orders: { url: orders.url, sdl: ordersSdl },
              reviews: { url: reviews.url, sdl: reviewsSdl },
            })
          : composedByTheGuild(await introspectSubgraphs(subgraphs));
      const router = await startHiveRuntime(supergraph, { unifiedGraphHandler });
      servers.unshift(router);
      send = (query, variables) => postGraphQL(router.url, query, variables);
    });
    afterAll(async () => {
      for (const server of servers) await server.close();
      await sandbox.close();
    });

    const create = `mutation ($input: CreateCustomerEvaluationInput!) {
    createCustomerEvaluation(input: $input) {
      customerEvaluation {
        id
        reviewQueue
        signals { ... on LoginSignals { accountSharing { score } } }
        customer { customer { name } }
      }
      errors { code path }
    }
  }`;
    const report = `mutation ($input: ReportCustomerEvaluationInput!) {
    reportCustomerEvaluation(input: $input) { customerEvaluation { id reviewQueue } errors { code path } }
  }`;
    const login = {
      eventType: 'LOGIN',
      evaluationContext: [
        { clientDetails: { radarSession: 'rse_1' } },
        { customerDetails: { customer: 'cus_1' } },
      ],
    };

    it('Hive’s planner runs a mutation once, and completes it with two neighbours’ fields', async () => {
      const before = sandbox.created;
      const { data, errors } = await send(create, { input: login });
      expect(errors).toBeUndefined();
      expect(data.createCustomerEvaluation).toEqual({
        customerEvaluation: {
          id: expect.stringMatching(/^ceval_/),
          reviewQueue: 'login/open',
          signals: { accountSharing: { score: expect.any(Number) } },
          customer: { customer: { name: 'The customer 1' } },
        },
        errors: [],
      });
      expect(sandbox.created).toBe(before + 1);
    });

    it('Hive’s planner fetches what a neighbour’s field requires of an entity, from an order to its evaluation', async () => {
      const { data: created } = await send(create, { input: login });
      const { id } = created.createCustomerEvaluation.customerEvaluation;
      const reported = await send(report, { input: { id, report: { outcome: { status: 'BLOCKED' } } } });
      expect(reported.data.reportCustomerEvaluation).toEqual({
        customerEvaluation: { id, reviewQueue: 'login/blocked' },
        errors: [],
      });
      // The field that `@requires` needs is not selected by the client.
      const query =
        'query ($ids: [ID!]!) { ordersAfter(evaluations: $ids) { id evaluation { reviewQueue } } }';
      const { data, errors } = await send(query, { ids: [id, id] });
      expect(errors).toBeUndefined();
      expect(data.ordersAfter).toEqual([
        { id: 'order_0', evaluation: { reviewQueue: 'login/blocked' } },
        { id: 'order_1', evaluation: { reviewQueue: 'login/blocked' } },
      ]);
    });

    it('Hive’s planner passes on failures in the payload, with code and path', async () => {
      const { data } = await send(create, {
        input: {
          ...login,
          evaluationContext: [{ clientDetails: { radarSession: 'rse_sandbox_error_400' } }],
        },
      });
      expect(data.createCustomerEvaluation).toEqual({
        customerEvaluation: null,
        errors: [
          {
            code: 'BAD_USER_INPUT',
            path: ['input', 'evaluationContext', '0', 'clientDetails', 'radarSession'],
          },
        ],
      });
    });

    it('Hive’s planner sends nothing upstream for two keys of a @oneOf', async () => {
      const before = sandbox.created;
      const [first, second] = login.evaluationContext;
      const { data, errors } = await send(create, {
        input: { ...login, evaluationContext: [{ ...first, ...second }] },
      });
      expect(data?.createCustomerEvaluation ?? null).toBeNull();
      expect(errors).toHaveLength(1);
      expect(sandbox.created).toBe(before);
    });
  },
);
