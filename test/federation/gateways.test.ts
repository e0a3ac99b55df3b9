import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type GraphQLAnswer, postGraphQL, startTestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RunningServer, startCustomers, startOrders } from '../harness/neighbours.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';
import { introspectSubgraphs, startApolloGateway, startHiveGateway } from './supergraph.ts';

const create = `mutation ($input: CreateCustomerEvaluationInput!) {
  createCustomerEvaluation(input: $input) {
    customerEvaluation { id eventType signals { __typename } customer { id customer { name } } }
    errors { code path }
    idempotencyKey
  }
}`;
const report = `mutation ($input: ReportCustomerEvaluationInput!) {
  reportCustomerEvaluation(input: $input) {
    customerEvaluation { id status customer { customer { name } } }
    errors { code path }
  }
}`;
const login = {
  eventType: 'LOGIN',
  evaluationContext: [
    { clientDetails: { radarSession: 'rse_1' } },
    { customerDetails: { customer: 'cus_1' } },
  ],
};

describe.each([
  { router: 'Apollo’s gateway', start: startApolloGateway },
  { router: 'Hive Gateway', start: startHiveGateway },
])('through $router', ({ start }) => {
  let sandbox: Sandbox;
  let servers: RunningServer[];
  let send: (query: string, variables?: object) => Promise<GraphQLAnswer>;

  beforeAll(async () => {
    sandbox = new Sandbox();
    const subgraph = await startTestGateway(
      upstreamAt(await sandbox.listen('127.0.0.1', 0), { STRIPE_API_VERSION: '2026-06-24.preview' }),
    );
    const [customers, orders] = await Promise.all([startCustomers(), startOrders()]);
    servers = [customers, orders, subgraph];
    const router = await start(
      await introspectSubgraphs({ 'customer-evaluations': subgraph, customers, orders }),
    );
    servers.unshift(router);
    send = (query, variables) => postGraphQL(router.url, query, variables);
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
    await sandbox.close();
  });

  async function createLogin(): Promise<string> {
    const { data } = await send(create, { input: login });
    return data.createCustomerEvaluation.customerEvaluation.id;
  }

  it('a router creates an evaluation, whose customer another subgraph completes', async () => {
    const { data, errors } = await send(create, { input: { ...login, idempotencyKey: 'attempt 1' } });
    expect(errors).toBeUndefined();
    expect(data.createCustomerEvaluation).toEqual({
      customerEvaluation: {
        id: expect.stringMatching(/^ceval_/),
        eventType: 'LOGIN',
        signals: { __typename: 'LoginSignals' },
        customer: { id: 'cus_1', customer: { name: 'The customer 1' } },
      },
      errors: [],
      idempotencyKey: 'attempt 1',
    });
  });

  it('a router reports an evaluation’s outcome, and retrieves it', async () => {
    const id = await createLogin();
    const reported = await send(report, { input: { id, report: { outcome: { status: 'BLOCKED' } } } });
    expect(reported.data.reportCustomerEvaluation).toEqual({
      customerEvaluation: { id, status: 'BLOCKED', customer: { customer: { name: 'The customer 1' } } },
      errors: [],
    });
    const query =
      'query ($id: ID!) { customerEvaluation(id: $id) { status events { type } customer { customer { name } } } }';
    const { data } = await send(query, { id });
    expect(data.customerEvaluation).toEqual({
      status: 'BLOCKED',
      events: [],
      customer: { customer: { name: 'The customer 1' } },
    });
  });

  it('a router answers a query across all three subgraphs, and one failure does not affect the others', async () => {
    const id = await createLogin();
    const query = `query ($ids: [ID!]!) {
      ordersAfter(evaluations: $ids) { id evaluation { eventType customer { customer { name } } } }
    }`;
    const { data, errors } = await send(query, { ids: [id, 'ceval_sandbox_error_403', id] });
    const evaluation = { eventType: 'LOGIN', customer: { customer: { name: 'The customer 1' } } };
    expect(data.ordersAfter[0]).toEqual({ id: 'order_0', evaluation });
    expect(data.ordersAfter[2]).toEqual({ id: 'order_2', evaluation });
    expect(data.ordersAfter[1]?.evaluation?.customer ?? null).toBeNull();
    for (const error of errors ?? []) {
      expect(error.path?.slice(0, 3)).toEqual(['ordersAfter', 1, 'evaluation']);
      expect(error.extensions).toMatchObject({ code: 'UPSTREAM_REFUSED' });
    }
    expect(errors?.length).toBeGreaterThan(0);
  });

  it('a router passes on failures in the payload, with code and path', async () => {
    const refused = await send(create, {
      input: { ...login, evaluationContext: [{ clientDetails: { radarSession: 'rse_sandbox_error_400' } }] },
    });
    expect(refused.data.createCustomerEvaluation).toMatchObject({
      customerEvaluation: null,
      errors: [
        {
          code: 'BAD_USER_INPUT',
          path: ['input', 'evaluationContext', '0', 'clientDetails', 'radarSession'],
        },
      ],
    });
    const unsupported = await send(report, {
      input: { id: 'ceval_1', report: { loginFailed: { reason: 'OTHER' } } },
    });
    expect(unsupported.data.reportCustomerEvaluation.errors).toEqual([
      { code: 'UPSTREAM_UNSUPPORTED', path: ['input', 'report', 'loginFailed', 'reason'] },
    ]);
    const unknown = await send(report, {
      input: { id: 'ceval_1', report: { outcome: { status: 'ALLOWED' } } },
    });
    expect(unknown.data.reportCustomerEvaluation.errors).toEqual([
      { code: 'NOT_FOUND', path: ['input', 'id'] },
    ]);
  });

  it('a router refuses two keys in a @oneOf, written as literals or as variables, and sends nothing upstream', async () => {
    const before = sandbox.created;
    const both = '{ clientDetails: { radarSession: "rse_1" }, customerDetails: { customer: "cus_1" } }';
    const literal = `mutation {
      createCustomerEvaluation(input: { eventType: LOGIN, evaluationContext: [${both}] }) { idempotencyKey }
    }`;
    const [first, second] = login.evaluationContext;
    const variables = { input: { ...login, evaluationContext: [{ ...first, ...second }] } };
    for (const answer of [await send(literal), await send(create, variables)]) {
      expect(answer.data?.createCustomerEvaluation ?? null).toBeNull();
      expect(answer.text).toContain('EvaluationContextInput');
      expect(answer.errors).toHaveLength(1);
    }
    expect(sandbox.created).toBe(before);
  });
});

describe('a deadline that a client sends through Hive Gateway', () => {
  it('a deadline that a client sends through Hive Gateway reaches the subgraph, which then gives up in time', async () => {
    const subgraph = await startTestGateway();
    const router = await startHiveGateway(await introspectSubgraphs({ 'customer-evaluations': subgraph }));
    const input = { ...login, evaluationContext: [{ customerDetails: { customer: 'cus_sandbox_hang' } }] };
    const query = `mutation ($input: CreateCustomerEvaluationInput!) {
      createCustomerEvaluation(input: $input) { errors { code } }
    }`;
    const { data } = await postGraphQL(router.url, query, { input }, { 'x-request-timeout-ms': '2500' });
    expect(data.createCustomerEvaluation.errors[0]?.code).toBe('UPSTREAM_TIMEOUT');
    const [line = ''] = (await subgraph.flushed())
      .filter((each) => each.includes('"msg":"operation"'))
      .slice(-1);
    // The subgraph's own deadline would leave time for three attempts.
    expect(JSON.parse(line)).toMatchObject({ outcome: 'UPSTREAM_TIMEOUT', attempts: 1 });
    await router.close();
    await subgraph.close();
  });
});

describe('the credentials that Hive Gateway sends', () => {
  it('the credentials that Hive Gateway sends reach this subgraph alone', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'router-secret-'));
    const file = path.join(folder, 'secret');
    writeFileSync(file, 'the-secret-of-the-router\n');
    process.env['ROUTER_SECRET_FILE'] = file;
    const ours = await startRecordingUpstream();
    ours.answer(200, {
      data: { customerEvaluation: { customer: { __typename: 'StripeCustomer', id: 'cus_1' } } },
    });
    const theirs = await startRecordingUpstream();
    theirs.answer(200, { data: { _entities: [{ customer: { name: 'The customer 1' } }] } });
    const [subgraph, customers] = await Promise.all([startTestGateway(), startCustomers()]);
    const composed = await introspectSubgraphs({ 'customer-evaluations': subgraph, customers });
    const urls = [ours.url, theirs.url];
    const router = await startHiveGateway(
      composed.map((one, index) => ({ ...one, url: `${urls[index]}/graphql` })),
    );
    const query = '{ customerEvaluation(id: "ceval_1") { customer { customer { name } } } }';
    const { text } = await postGraphQL(router.url, query, {}, { authorization: 'Bearer token' });
    expect(text).toContain('The customer 1');
    expect(ours.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token',
      'x-router-secret': 'the-secret-of-the-router',
    });
    expect(theirs.requests).toHaveLength(1);
    expect(theirs.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(theirs.requests[0]?.headers).not.toHaveProperty('x-router-secret');
    delete process.env['ROUTER_SECRET_FILE'];
    rmSync(folder, { recursive: true });
    for (const server of [router, subgraph, customers, ours, theirs]) await server.close();
  });
});

describe('Hive Gateway with the sample’s configuration', () => {
  let sandbox: Sandbox;
  let servers: RunningServer[];
  let url: string;

  beforeAll(async () => {
    sandbox = new Sandbox();
    const subgraph = await startTestGateway(upstreamAt(await sandbox.listen('127.0.0.1', 0)));
    const router = await startHiveGateway(await introspectSubgraphs({ 'customer-evaluations': subgraph }));
    servers = [router, subgraph];
    url = `${router.url}/graphql`;
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
    await sandbox.close();
  });

  const query = `mutation { createCustomerEvaluation(input: { eventType: LOGIN, evaluationContext:
    [{ clientDetails: { radarSession: "rse_1" } }, { customerDetails: { customer: "cus_1" } }] }) { idempotencyKey } }`;

  it('Hive Gateway with the sample’s configuration allows no other origin', async () => {
    const origin = 'https://evil.example';
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    const post = await fetch(url, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    });
    expect(await post.json()).toEqual({ data: { __typename: 'Query' } });
    for (const { headers } of [preflight, post]) {
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  it.each([
    ['a form', { body: new URLSearchParams({ query }) }],
    ['plain text', { body: JSON.stringify({ query }) }],
    ['no media type', { body: new Blob([JSON.stringify({ query })]) }],
  ])(
    'Hive Gateway with the sample’s configuration refuses a mutation in %s, which needs no preflight',
    async (_, init) => {
      const before = sandbox.created;
      const response = await fetch(url, { method: 'POST', ...init });
      expect(response.status).toBe(403);
      expect(sandbox.created).toBe(before);
    },
  );

  it('Hive Gateway with the sample’s configuration refuses a host name that is not its own', async () => {
    const { port } = new URL(url);
    const statusFor = async (host: string): Promise<number | undefined> => {
      const sent = request(url, { method: 'POST', headers: { host, 'content-type': 'application/json' } });
      sent.end('{"query":"{ __typename }"}');
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect(await statusFor(`evil.example:${port}`)).toBe(421);
    expect(await statusFor(`localhost:${port}`)).toBe(200);
  });
});
