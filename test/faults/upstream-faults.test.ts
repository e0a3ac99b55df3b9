import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { failureCodes } from '../../src/errors/error-codes.ts';
import { accountsOfCallers, inAccount } from '../harness/callers-accounts.ts';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { upstreamAt } from '../harness/gateway.ts';
import { canaries, personalInput } from '../harness/personal-input.ts';
import { sharedGateways } from '../harness/shared-gateways.ts';
import { faultRows, rowSettings } from './rows.ts';

// v2 identifies customers only by their ids.
const customerOnV2 = {
  eventType: 'REGISTRATION',
  evaluationContext: [
    { clientDetails: { radarSession: 'rse_1' } },
    { customerDetails: { customer: 'cus_1' } },
  ],
};

describe.each([
  { api: 'v1', input: personalInput, id: 'ceval_1' },
  { api: 'v2', input: customerOnV2, id: 'acctevl_1' },
])('when the upstream fails, with STRIPE_API=$api', ({ api, input, id }) => {
  let upstream: FaultyUpstream;
  const gatewayWith = sharedGateways();

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
  });
  afterAll(() => upstream.close());
  beforeEach(async () => {
    // A row's first request has a connection of its own: a reset of one that an earlier row left idle means less.
    await upstream.hangUp();
    upstream.reset();
  });

  // Each row has an account, so that rows do not share the circuit breaker and the retry budget.
  const rows = faultRows.map((row, index) => ({
    ...row,
    accounts: accountsOfCallers,
    headers: inAccount(`acct_row${index}`),
    open: gatewayWith,
  }));
  // A default gateway has one circuit breaker and one retry budget, so each row has its own.
  const rowsByDefault = faultRows
    .filter(({ onDefaultGateway }) => onDefaultGateway)
    .map((row) => ({
      ...row,
      when: `${row.when} (one account)`,
      accounts: {},
      headers: {},
      open: sharedGateways(),
    }));

  it.each([...rows, ...rowsByDefault])('the gateway answers $outcome when $when', async (row) => {
    const settings = { ...row.accounts, ...rowSettings(row), STRIPE_API: api };
    const gateway = await row.open(upstreamAt(upstream.url, settings));
    const linesBefore = (await gateway.flushed()).length;
    const answers: string[] = [];
    const create = async (idempotencyKey: string) => {
      const variables = { input: { ...input, idempotencyKey } };
      const { text, data } = await gateway.send(createEverything, variables, row.headers);
      answers.push(text);
      return data.createCustomerEvaluation;
    };
    if (row.forEver && row.faults[0]) upstream.always(row.faults[0]);
    else upstream.next(...row.faults);

    const payload = await create('one');

    expect(payload.errors.map((error: { code: string }) => error.code)).toEqual(
      row.outcome === 'ok' ? [] : [row.outcome],
    );
    if (row.outcome === 'ok') {
      expect(payload.customerEvaluation).toMatchObject({ id, pendingSignals: [] });
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

    // The upstream has recovered. Retryable calls are retried with the same key, with one effect in total.
    upstream.always();
    if (payload.errors[0]?.retryable) {
      const repeated = await create('one');
      expect(repeated.errors).toEqual([]);
      expect(repeated.customerEvaluation.id).toBe(id);
    }
    expect(upstream.effects).toBe(row.effects);

    const clean = await create('another');
    expect(clean.errors).toEqual([]);
    const said = [...answers, ...(await gateway.flushed()).slice(linesBefore)].join('\n');
    for (const canary of canaries) expect(said).not.toContain(canary);
  });
});
