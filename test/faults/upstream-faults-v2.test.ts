import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { failureCodes } from '../../src/errors/upstream-call-error.ts';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { faultRows, rowSettings } from './rows.ts';

describe('when the upstream fails on v2', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
  });
  afterAll(() => upstream.close());
  // A gateway of its own for each row: its breaker and retry budget know nothing of the others.
  beforeEach(async () => {
    upstream.reset();
    gateway = await startTestGateway(upstreamAt(upstream.url, { ...rowSettings, STRIPE_API: 'v2' }));
  });
  afterEach(() => gateway.close());

  async function create(idempotencyKey: string) {
    const input = {
      eventType: 'REGISTRATION',
      evaluationContext: [
        { clientDetails: { radarSession: 'rse_1' } },
        { customerDetails: { customer: 'cus_1' } },
      ],
      idempotencyKey,
    };
    return (await gateway.send(createEverything, { input })).data.createCustomerEvaluation;
  }

  it.each(faultRows)(
    'a caller on v2 is told as on v1 when the upstream fails: $when: $outcome',
    async (row) => {
      if (row.forEver && row.faults[0]) upstream.always(row.faults[0]);
      else upstream.next(...row.faults);

      const payload = await create('one');

      expect(payload.errors.map((error: { code: string }) => error.code)).toEqual(
        row.outcome === 'ok' ? [] : [row.outcome],
      );
      if (row.outcome === 'ok') {
        expect(payload.customerEvaluation).toMatchObject({ id: 'acctevl_1', pendingSignals: [] });
      } else {
        expect(payload.customerEvaluation).toBeNull();
        expect(payload.errors[0]).toMatchObject({
          effect: row.effect,
          retryable: row.retryable ?? failureCodes[row.outcome].retryable,
          retryAfterMs: row.retryAfterMs ?? null,
        });
      }
      expect(upstream.keys).toHaveLength(row.requests);
      expect(new Set(upstream.keys).size).toBe(1);
      if (row.effect === 'NONE') expect(upstream.effects).toBe(0);

      // The upstream is well again: who may repeat does so with the same key, and there was one effect in all.
      upstream.always();
      if (payload.errors[0]?.retryable) {
        const repeated = await create('one');
        expect(repeated.errors).toEqual([]);
        expect(repeated.customerEvaluation.id).toBe('acctevl_1');
      }
      expect(upstream.effects).toBe(row.effects);
    },
  );
});
