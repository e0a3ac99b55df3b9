import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import {
  type RecordedRequest,
  type RecordingUpstream,
  startRecordingUpstream,
} from '../harness/recording-upstream.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

const signals =
  'customerEvaluation { id pendingSignals signals { ... on LoginSignals { accountSharing { score } multiAccounting { score } } } }';
const mutation = `mutation ($key: String, $customer: ID!) {
  createCustomerEvaluation(input: {
    eventType: LOGIN, idempotencyKey: $key, evaluationContext: [{ customerDetails: { customer: $customer } }]
  }) { ${signals} errors { code } }
}`;

const result = { risk_level: 'normal', score: '12.5' };
type Stage = 'pending' | 'partial' | 'complete';

function evaluation(id: string, stage: Stage): string {
  return JSON.stringify({
    id,
    object: 'v2.signals.account_evaluation',
    created: '2026-11-26T10:00:00Z',
    requested_signals: ['user_account_sharing'],
    pending_signals: stage === 'complete' ? [] : ['user_account_sharing'],
    evaluated_signals: {
      ...(stage === 'complete' ? { user_account_sharing: result } : {}),
      ...(stage === 'partial' ? { user_multi_accounting: result } : {}),
    },
  });
}

describe('a mutation whose signals are pending at Stripe', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;
  /** The state of each evaluation at its creation and at each read. The last one stays. */
  let stages: (Stage | 'error' | 'hang' | 'refusal')[];
  let reads: Map<string, number>;

  beforeEach(async () => {
    stages = ['complete'];
    reads = new Map();
    upstream = await startRecordingUpstream();
    upstream.handle(createOrRead);
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  function createOrRead(response: ServerResponse, { method, url, body }: RecordedRequest): void {
    const id =
      method === 'POST'
        ? `acctevl_${JSON.parse(body).account_details.customer}`
        : url.slice(url.lastIndexOf('/') + 1);
    if (method === 'GET') reads.set(id, (reads.get(id) ?? 0) + 1);
    answer(response, id, stages[Math.min(reads.get(id) ?? 0, stages.length - 1)] ?? 'complete');
  }
  function answer(response: ServerResponse, id: string, stage: Stage | 'error' | 'hang' | 'refusal'): void {
    if (stage === 'hang') return;
    const status = { error: 500, refusal: 403 }[stage as string] ?? 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(stage === 'error' || stage === 'refusal' ? '{"error":{"type":"x"}}' : evaluation(id, stage));
  }
  const start = async (settings: Record<string, string> = {}): Promise<void> => {
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { STRIPE_API: 'v2', METRICS_PORT: '0', ...settings }),
    );
  };
  const create = async (
    customer = 'cus_1',
    headers: Record<string, string> = {},
    key: string | undefined = undefined,
  ) => (await gateway.send(mutation, { customer, key }, headers)).data.createCustomerEvaluation;
  const readsOf = (customer = 'cus_1'): number => reads.get(`acctevl_${customer}`) ?? 0;
  const waits = async (end: string): Promise<number> =>
    sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_signal_waits_total', { end });

  const pending = {
    customerEvaluation: { id: 'acctevl_cus_1', pendingSignals: ['ACCOUNT_SHARING'], signals: null },
    errors: [],
  };
  const complete = {
    customerEvaluation: {
      id: 'acctevl_cus_1',
      pendingSignals: [],
      signals: { accountSharing: { score: 12.5 }, multiAccounting: null },
    },
    errors: [],
  };

  it('a mutation with pending signals is answered without a read if they are complete immediately', async () => {
    await start();
    expect(await create()).toEqual(complete);
    expect(readsOf()).toBe(0);
  });

  it('a mutation with pending signals is answered after one read if they are complete by then', async () => {
    stages = ['pending', 'complete'];
    await start();
    expect(await create()).toEqual(complete);
    expect(readsOf()).toBe(1);
    expect(await waits('complete')).toBe(1);
  });

  it('a mutation with pending signals is answered after several reads, a failed one among them, without an error', async () => {
    stages = ['pending', 'pending', 'error', 'complete'];
    // Each read makes one attempt; the next read serves as its retry.
    await start({ UPSTREAM_MAX_ATTEMPTS: '1', SIGNALS_WAIT_MS: '20000', UPSTREAM_DEADLINE_MS: '30000' });
    expect(await create()).toEqual(complete);
    expect(readsOf()).toBe(3);
  });

  it('a mutation with pending signals is answered at once, and operators are told, if its reads are refused', async () => {
    stages = ['pending', 'refusal'];
    await start({ SIGNALS_WAIT_MS: '20000', UPSTREAM_DEADLINE_MS: '30000' });
    expect(await create()).toEqual(pending);
    expect(readsOf()).toBe(1);
    const told = (await gateway.flushed()).filter((line) => line.includes('customer evaluation failed'));
    expect(told.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'error', code: 'UPSTREAM_REFUSED' },
    ]);
  });

  it('a mutation with pending signals is answered with the signals so far when the wait is over, and the rest can be read later', async () => {
    stages = ['pending', 'partial'];
    await start({ SIGNALS_WAIT_MS: '1500' });
    expect(await create()).toEqual({
      customerEvaluation: {
        id: 'acctevl_cus_1',
        pendingSignals: ['ACCOUNT_SHARING'],
        signals: { accountSharing: null, multiAccounting: { score: 12.5 } },
      },
      errors: [],
    });
    expect(await waits('pending')).toBe(1);
    stages = ['complete'];
    const { data } = await gateway.send(
      'query ($id: ID!) { customerEvaluation(id: $id) { pendingSignals } }',
      { id: 'acctevl_cus_1' },
    );
    expect(data.customerEvaluation.pendingSignals).toEqual([]);
  });

  it('a mutation with pending signals is answered at once with SIGNALS_WAIT_MS=0', async () => {
    stages = ['pending'];
    await start({ SIGNALS_WAIT_MS: '0' });
    expect(await create()).toEqual(pending);
    expect(readsOf()).toBe(0);
  });

  it('a mutation with pending signals is answered within the client’s own deadline, with the evaluation and no error', async () => {
    stages = ['pending'];
    // Longer than the test may take.
    await start({ SIGNALS_WAIT_MS: '600000', UPSTREAM_DEADLINE_MS: '600000' });
    expect(await create('cus_1', { 'x-request-timeout-ms': '3000' })).toEqual(pending);
  });

  it('a mutation with pending signals is answered with the evaluation if Stripe does not answer the reads', async () => {
    stages = ['pending', 'hang'];
    await start({ SIGNALS_WAIT_MS: '500' });
    expect(await create()).toEqual(pending);
  });

  it('a mutation with pending signals ends its reads when the client disconnects', async () => {
    stages = ['pending'];
    await start({ SIGNALS_WAIT_MS: '600000', UPSTREAM_DEADLINE_MS: '600000' });
    const gone = new AbortController();
    const request = fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: mutation, variables: { customer: 'cus_1' } }),
      signal: gone.signal,
    }).catch(() => 'gone');
    while (readsOf() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    gone.abort();
    expect(await request).toBe('gone');
    while ((await waits('abandoned')) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('a mutation with pending signals shares its reads with a retry under the same key', async () => {
    stages = ['pending', 'pending', 'complete'];
    await start({ SIGNALS_WAIT_MS: '20000', UPSTREAM_DEADLINE_MS: '30000' });
    const answers = await Promise.all([create('cus_1', {}, 'same'), create('cus_1', {}, 'same')]);
    expect(answers).toEqual([complete, complete]);
    expect(readsOf()).toBe(2);
    expect(upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('a gateway reads pending signals no more often than the limit allows, however many mutations wait', async () => {
    stages = ['pending'];
    await start({ SIGNALS_WAIT_MS: '600', SIGNALS_MAX_READS_PER_SECOND: '3' });
    const customers = Array.from({ length: 20 }, (_, index) => `cus_${index}`);
    // Created at once, so that all waits are over within a second, however slow the machine is.
    const creations: (() => void)[] = [];
    upstream.handle((response, request) => {
      if (request.method === 'GET') {
        createOrRead(response, request);
        return;
      }
      creations.push(() => createOrRead(response, request));
      if (creations.length === customers.length) for (const answerCreation of creations) answerCreation();
    });
    const answers = await Promise.all(customers.map((customer) => create(customer)));
    for (const { customerEvaluation, errors } of answers) {
      expect({ errors, pending: customerEvaluation.pendingSignals }).toEqual({
        errors: [],
        pending: ['ACCOUNT_SHARING'],
      });
    }
    // Three reads for all of them.
    expect([...reads.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(3);
  });
});
