import { Trace } from '@apollo/usage-reporting-protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

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
});
