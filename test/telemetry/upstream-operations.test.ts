import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { customerEvaluationsPath } from '../../src/stripe/customer-evaluation.wire.ts';
import { customerEvaluationOperations as operations } from '../../src/stripe/customer-evaluations.ts';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const attempts = 'customer_evaluations_upstream_attempt_duration_seconds_count';
const retries = 'customer_evaluations_upstream_retries_total';
const names = Object.values(operations).map(({ name }) => name);

describe('an operation of the upstream', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { METRICS_PORT: '0', STRIPE_API_VERSION: '2026-06-24.preview' }),
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('an operation of the upstream has its retries counted from the start', async () => {
    const samples = await scrape(metricsUrl(gateway));
    const labels = samples.filter(({ name }) => name === retries).map((sample) => sample.labels['call']);
    expect(labels.toSorted()).toEqual(names.toSorted());
  });

  it('an operation of the upstream is measured and logged under its own name', async () => {
    upstream.answer(200, registrationAnswer);
    const id = registrationAnswer.id;
    await gateway.send(createEverything, { input: registration() });
    await gateway.send('query ($id: ID!) { customerEvaluation(id: $id) { id } }', { id });
    await gateway.send(
      'mutation ($input: ReportCustomerEvaluationInput!) { reportCustomerEvaluation(input: $input) { errors { code } } }',
      { input: { id, report: { outcome: { status: 'ALLOWED' } } } },
    );
    const samples = await scrape(metricsUrl(gateway));
    for (const call of names) expect(sumOf(samples, attempts, { call, result: '200' })).toBe(1);
    const lines = (await gateway.flushed()).filter((line) => line.includes('"msg":"attempt"'));
    expect(lines.map((line) => JSON.parse(line).call)).toEqual(['create', 'retrieve', 'report']);
  });

  it('an operation of the upstream is sent with the method and path of its template', () => {
    const sent = upstream.requests.map(({ method, url }) => {
      const path = new URL(url, upstream.url).pathname;
      return `${method} ${path.replace(registrationAnswer.id, '{id}')}`;
    });
    expect(sent).toEqual(
      [operations.create, operations.retrieve, operations.report].map(
        ({ method, pathTemplate }) => `${method} ${pathTemplate}`,
      ),
    );
    expect(operations.create.pathTemplate).toBe(customerEvaluationsPath);
  });
});
