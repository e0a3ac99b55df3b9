import { Trace } from '@apollo/usage-reporting-protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const secret = 'a-router-secret-of-32-characters';
const query = '{ customerEvaluation(id: "ceval_sandbox_error_403") { id } __typename }';

describe('a trace for the supergraph’s router', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ STRIPE_API_VERSION: '2026-06-24.preview' });
  });
  afterAll(() => gateway.close());

  it('a trace for the supergraph’s router comes with the answer when its header asks for it, with error messages masked', async () => {
    const { text, errors } = await gateway.send(query, {}, { 'apollo-federation-include-trace': 'ftv1' });
    const trace = Trace.decode(Buffer.from(JSON.parse(text).extensions.ftv1, 'base64'));
    const [field] = trace.root?.child ?? [];
    expect(field).toMatchObject({ responseName: 'customerEvaluation', type: 'CustomerEvaluation' });
    expect(Number(field?.endTime)).toBeGreaterThan(Number(field?.startTime));
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_REFUSED' });
    expect(field?.error?.map((error) => error.message)).toEqual(['<masked>']);
    expect(JSON.stringify(trace)).not.toContain(errors?.[0]?.message);
    expect(JSON.stringify(trace)).not.toContain('ceval_sandbox');
  });

  it('a trace for the supergraph’s router is not made for other callers', async () => {
    const { text } = await gateway.send(query);
    expect(JSON.parse(text).extensions).toBeUndefined();
  });

  it('a trace for the supergraph’s router is not made where the schema is hidden, but for a router', async () => {
    const asksForTrace = { 'apollo-federation-include-trace': 'ftv1' };
    const hidden = { NODE_ENV: 'production', UPSTREAM: 'sandbox' };
    const open = await startTestGateway({ ...hidden, AUTH_MODE: 'none' });
    const { text } = await open.send('{ __typename }', {}, asksForTrace);
    expect(JSON.parse(text)).toEqual({ data: { __typename: 'Query' } });
    await open.close();
    const routed = await startTestGateway({ ...hidden, AUTH_MODE: 'router', ROUTER_SECRET: secret });
    const answer = await routed.send('{ __typename }', {}, { ...asksForTrace, 'x-router-secret': secret });
    expect(JSON.parse(answer.text).extensions.ftv1).toEqual(expect.any(String));
    await routed.close();
  });
});
