import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { customerEvaluationOperations } from '../../src/stripe/customer-evaluations.ts';
import { Deadline } from '../../src/stripe/http/deadline.ts';
import { formBody } from '../../src/stripe/http/form-encoding.ts';
import type { UpstreamObserver } from '../../src/stripe/http/observer.ts';
import { StripeClient } from '../../src/stripe/http/stripe-client.ts';
import { type FaultyUpstream, hang, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';

describe('the end of a call to the upstream', () => {
  let upstream: FaultyUpstream;
  let client: StripeClient;

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    client = new StripeClient(
      {
        apiUrl: upstream.url,
        secretKey: 'sk_test_1',
        apiVersion: '2026-06-24.preview',
        account: undefined,
        timeoutMs: 10_000,
        maxAttempts: 3,
        maxConcurrency: 10,
        maxPerSecond: undefined,
      },
      { userAgent: 'test/1' },
      () => undefined,
    );
  });
  afterEach(async () => {
    await client.close();
    await upstream.close();
  });

  const create = (idempotencyKey: string, deadline: Deadline, observer?: UpstreamObserver) =>
    client.post(
      {
        operation: customerEvaluationOperations.create,
        path: '/v1/radar/customer_evaluations',
        body: formBody({ event_type: 'login' }),
        idempotencyKey,
      },
      { caller: 'someone', deadline, signal: undefined, observer },
    );

  it('a call to the upstream times out even if it has less time than it takes to start', async () => {
    const codes = new Set<string>();
    for (let call = 0; call < 100; call += 1) {
      await create(`key ${call}`, new Deadline(call / 100)).catch(({ code }: { code?: string }) =>
        codes.add(String(code)),
      );
    }
    expect([...codes]).toEqual(['UPSTREAM_TIMEOUT']);
  });

  it('a call to the upstream leaves no connection open to an upstream that answers no retry, even after garbage collection', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    upstream.next(status(503), status(503), hang);
    // The last attempt gets the rest of the deadline, which is long enough even if the machine pauses for a second.
    const failed = create('one', new Deadline(2_500)).catch((error: unknown) => error);
    while (upstream.keys.length < 3) await delay(5);
    // A derived abort signal can be garbage-collected together with what derived it.
    for (let turn = 0; turn < 5; turn += 1) {
      collect();
      await delay(20);
    }
    expect(await failed).toMatchObject({ code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN' });
    // Every connection must be closed, or the test times out.
    while (upstream.sockets > 0) await delay(5);
  });

  it('a call to the upstream returns the response of a retry that arrives at the same moment as the deadline', async () => {
    upstream.next(status(503));
    const deadline = new Deadline(1_000);
    // The process is blocked just then, so nothing has read the clock since the response arrived.
    const observer: UpstreamObserver = {
      attemptStarted: (_operation, number) => ({
        ended: () => {
          while (number === 2 && deadline.remainingMs > 0);
        },
      }),
    };
    const { body } = await create('one', deadline, observer);
    expect(body).toMatchObject({ id: 'ceval_1' });
    expect(upstream.keys).toEqual(['one', 'one']);
  });
});
