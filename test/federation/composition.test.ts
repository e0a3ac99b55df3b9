import { readFileSync } from 'node:fs';
import { composeServices as composeWithApollo } from '@apollo/composition';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  applyTagFilterOnSubgraphs,
  composeServices as composeWithGuild,
} from '@theguild/federation-composition';
import { type GraphQLSchema, parse, print } from 'graphql';
import { composeWithCosmo } from '../cosmo/composer.ts';
import { postGraphQL, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RunningServer, startCompany, startCustomers, startOrders } from '../harness/neighbours.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';
import { type ComposedSubgraph, introspectSubgraphs, startApolloGateway } from './supergraph.ts';

const oneOfInputs = [
  'EvaluationContextInput',
  'EvaluationClientDetailsInput',
  'EvaluationCustomerDetailsInput',
  'CustomerEvaluationReportInput',
];

describe('composed with a subgraph that owns StripeCustomer and one that refers to CustomerEvaluation', () => {
  let gateway: TestGateway;
  let neighbours: RunningServer[];
  let subgraphs: ComposedSubgraph[];

  beforeAll(async () => {
    gateway = await startTestGateway();
    const [customers, orders] = await Promise.all([startCustomers(), startOrders()]);
    neighbours = [customers, orders];
    subgraphs = await introspectSubgraphs({ 'customer-evaluations': gateway, customers, orders });
  });
  afterAll(async () => {
    await Promise.all([gateway, ...neighbours].map((server) => server.close()));
  });

  it('the subgraph serves the published SDL unchanged', async () => {
    const { data } = await gateway.send('{ _service { sdl } }');
    expect(data._service.sdl).toBe(readFileSync('schema/customer-evaluations.graphql', 'utf8'));
  });

  it('the subgraph is loaded by IntrospectAndCompose in production, where only routers may introspect', async () => {
    const secret = 'a-secret-of-the-router-and-nobody-else';
    const upstream = await startRecordingUpstream();
    const closed = await startTestGateway({
      ...upstreamAt(upstream.url),
      NODE_ENV: 'production',
      AUTH_MODE: 'router',
      ROUTER_SECRET: secret,
    });
    const served = { name: 'customer-evaluations', url: `${closed.url}/graphql` };
    const router = await startApolloGateway([served], { 'x-router-secret': secret });
    const { data } = await postGraphQL(router.url, '{ __type(name: "LoginSignals") { fields { name } } }');
    expect(data.__type.fields).toContainEqual({ name: 'accountSharing' });
    for (const server of [router, closed, upstream]) await server.close();
  });

  it('the subgraph composes with Apollo’s composer, without errors or hints', () => {
    const { errors, hints, supergraphSdl } = composeWithApollo(subgraphs);
    expect(errors).toBeUndefined();
    expect((hints ?? []).map(String)).toEqual([]);
    expect(inputsIn(supergraphSdl)).toMatch(/^input CustomerEvaluationReportInput/m);
    // This composer loses @oneOf, which is why the subgraph itself enforces it.
    expect(supergraphSdl).not.toContain('@oneOf');
  });

  it('the subgraph composes with The Guild’s composer, without errors, and keeps @oneOf', () => {
    const { errors, supergraphSdl, publicSdl } = composeWithGuild(subgraphs);
    expect(errors).toBeUndefined();
    for (const name of oneOfInputs) {
      expect(inputsIn(supergraphSdl)).toMatch(new RegExp(`^input ${name} .*@oneOf`, 'm'));
      expect(inputsIn(publicSdl)).toMatch(new RegExp(`^input ${name} .*@oneOf`, 'm'));
    }
  });

  it('the subgraph composes with Cosmo’s composer, without errors or warnings, and keeps @oneOf', () => {
    const result = composeWithCosmo(subgraphs);
    if (!result.success) throw new Error(result.errors.join('\n'));
    expect(result.warnings.map((warning) => warning.message)).toEqual([]);
    expect(oneOfIn(result.federatedGraphSchema)).toEqual(oneOfInputs);
    expect(oneOfIn(result.federatedGraphClientSchema)).toEqual(oneOfInputs);
  });

  it('the subgraph lets a contract for browsers exclude fields that the evaluated person must not see', () => {
    const filtered = applyTagFilterOnSubgraphs(subgraphs, { include: new Set(), exclude: new Set(['risk']) });
    const { errors, publicSdl } = composeWithGuild(filtered as ComposedSubgraph[]);
    expect(errors).toBeUndefined();
    expect(publicSdl).toMatch(/createCustomerEvaluation\(/);
    expect(publicSdl).not.toMatch(/^ {2}(signals|status: CustomerEvaluationStatus|failureReason)\b/m);
  });
});

describe('composed with a company’s graph that has its own Customer, Signal, CustomerDataInput and DateTime', () => {
  let servers: RunningServer[];
  let subgraphs: ComposedSubgraph[];

  beforeAll(async () => {
    const [gateway, company] = await Promise.all([startTestGateway(), startCompany()]);
    servers = [gateway, company];
    subgraphs = await introspectSubgraphs({ 'customer-evaluations': gateway, company });
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });

  it('the subgraph, beside a graph with its own Customer, Signal, CustomerDataInput and DateTime, composes with every composer, and neither graph changes the other’s types', () => {
    const apollo = composeWithApollo(subgraphs);
    expect(apollo.errors).toBeUndefined();
    const guild = composeWithGuild(subgraphs);
    expect(guild.errors).toBeUndefined();
    const cosmo = composeWithCosmo(subgraphs);
    expect(cosmo.success).toBe(true);
    for (const sdl of [apollo.supergraphSdl, guild.publicSdl]) {
      const text = inputsIn(sdl);
      expect(text).toMatch(/^type Signal\b[^{]*\{\s+colour: String!\s+\}/m);
      expect(text).toMatch(/^input CustomerDataInput\b[^{]*\{\s+loyaltyNumber: Int!\s+\}/m);
      expect(text).toMatch(/^type StripeCustomer\b[^{]*\{\s+id: ID!/m);
    }
  });

  it('the subgraph, beside a graph with its own Customer, Signal, CustomerDataInput and DateTime, has only generic type names that come from the product itself', () => {
    const [{ typeDefs } = { typeDefs: parse('scalar None') }] = subgraphs;
    const names = typeDefs.definitions.flatMap((definition) =>
      'name' in definition && definition.kind !== 'DirectiveDefinition' ? [definition.name?.value ?? ''] : [],
    );
    const ours =
      /^(CustomerEvaluation|CreateCustomerEvaluation|ReportCustomerEvaluation|Evaluation\w+Input$|AccountSharing|MultiAccounting|StripeCustomer$|(Login|Registration)?Signals$|DateTime$|Query$|Mutation$)/;
    expect(names.filter((name) => !ours.test(name))).toEqual([]);
  });
});

// Apart from descriptions, each definition begins a line.
function inputsIn(sdl: string | undefined): string {
  return print(parse(sdl ?? '')).replaceAll(/^ *""".*?"""$/gms, '');
}

function oneOfIn(schema: GraphQLSchema): string[] {
  return oneOfInputs.filter((name) => {
    const type = schema.getType(name);
    return type !== undefined && 'isOneOf' in type && type.isOneOf;
  });
}
