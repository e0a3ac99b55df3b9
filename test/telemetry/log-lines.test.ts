import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { canaries, personalInput } from '../harness/personal-input.ts';

type Line = Record<string, unknown>;

describe('the log', () => {
  let upstream: FaultyUpstream;
  let issuer: Issuer;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    issuer = await startIssuer();
  });
  afterAll(async () => {
    await issuer.close();
    await upstream.close();
  });
  beforeEach(async () => {
    upstream.reset();
    gateway = await startTestGateway(upstreamAt(upstream.url, issuer.environment()));
  });
  afterEach(() => gateway.close());

  const lines = (msg: string): Line[] =>
    gateway.log.map((line) => JSON.parse(line) as Line).filter((line) => line['msg'] === msg);
  /** Sends a request and waits until all of its lines are in the log. */
  async function send(query: string, variables: object = {}, subject = 'canary-subject'): Promise<void> {
    const authorization = `Bearer ${await issuer.token({ sub: subject })}`;
    await gateway.send(query, variables, { authorization, 'x-request-id': 'req-of-the-client' });
    await gateway.flushed();
  }

  it('the log has one line for each operation: what ran, for whom, with which outcome, how long, and both request ids', async () => {
    upstream.next(status(500));
    await send(createEverything, { input: registration() });
    expect(lines('operation')).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        requestId: 'req-of-the-client',
        caller: expect.stringMatching(/^[\w-]{22}$/),
        operation: 'mutation',
        operationName: 'Create',
        documentHash: createHash('sha256').update(createEverything).digest('hex'),
        outcome: 'OK',
        durationMs: expect.any(Number),
        upstreamMs: expect.any(Number),
        attempts: 2,
        upstreamRequestIds: ['req_faulty', 'req_faulty'],
        msg: 'operation',
      },
    ]);
    const [{ durationMs, upstreamMs } = {}] = lines('operation') as {
      durationMs: number;
      upstreamMs: number;
    }[];
    expect(upstreamMs).toBeGreaterThan(0);
    // The delay between attempts is not upstream time.
    expect(durationMs).toBeGreaterThan(upstreamMs ?? 0);
  });

  it('the log names the outcome as the caller saw it, even if only the payload has it', async () => {
    upstream.always(status(401, { type: 'invalid_request_error' }));
    await send(createEverything, { input: registration() });
    await send(
      'mutation { createCustomerEvaluation(input: {eventType: LOGIN, evaluationContext: []}) { idempotencyKey } }',
    );
    await send('{ nothing }');
    expect(lines('operation').map(({ outcome }) => outcome)).toEqual([
      'UPSTREAM_REFUSED',
      'BAD_USER_INPUT',
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    expect(lines('operation').map(({ attempts }) => attempts)).toEqual([1, 0, 0]);
  });

  it('the log names the fields of an input that the Stripe API has no place for, and not their values', async () => {
    await gateway.close();
    gateway = await startTestGateway(upstreamAt(upstream.url, { ...issuer.environment(), STRIPE_API: 'v2' }));
    const customerDetails = { customerData: { email: 'canary@example.com' } };
    await send(createEverything, { input: registration({ evaluationContext: [{ customerDetails }] }) });
    expect(lines('customer evaluation failed')).toMatchObject([
      {
        level: 'warn',
        code: 'UPSTREAM_UNSUPPORTED',
        effect: 'NONE',
        paths: ['input.evaluationContext.0.customerDetails.customerData'],
      },
    ]);
    expect(gateway.log.join()).not.toContain('canary@example.com');
  });

  it('the log has each attempt at level debug, and never what was sent', async () => {
    upstream.next(status(500));
    await send(createEverything, { input: personalInput });
    expect(lines('attempt')).toMatchObject([
      {
        call: 'create',
        attempt: 1,
        status: 500,
        sent: true,
        upstreamRequestId: 'req_faulty',
        level: 'debug',
      },
      { call: 'create', attempt: 2, status: 200, sent: true, reusedConnection: true },
    ]);
    for (const canary of [...canaries, 'canary-subject']) expect(gateway.log.join()).not.toContain(canary);
  });

  it('the log truncates the name that a client gave its operation', async () => {
    await send(`query ${'Long'.repeat(50)} { __typename }`);
    const [line] = lines('operation');
    expect(String(line?.['operationName'])).toHaveLength(80);
  });

  it('the log has a line for a request that cannot be read', async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await issuer.token({ sub: 'someone' })}`,
      },
      body: '{',
    });
    expect(response.status).toBe(400);
    await gateway.flushed();
    expect(lines('request refused')).toMatchObject([
      { outcome: 'BAD_REQUEST', status: 400, requestId: response.headers.get('x-request-id') },
    ]);
  });
});
