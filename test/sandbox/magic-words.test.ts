import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sandboxFaults } from '../../src/sandbox/faults.ts';
import { magicCases } from '../../src/sandbox/magic-values.ts';
import { accountsOfCallers, inAccount } from '../harness/callers-accounts.ts';
import { createEverything, registration } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { orderOfEnds } from '../harness/order.ts';

const ownSignal = (fields: object) => ({
  errors: [],
  customerEvaluation: { signals: { multiAccounting: fields } },
});
const signals = (value: unknown) => ({ errors: [], customerEvaluation: { signals: value } });
const error = (code: string, more: object = {}) => ({
  customerEvaluation: null,
  errors: [{ code, ...more }],
});
const path = ['input', 'evaluationContext', '0', 'clientDetails', 'radarSession'];
const unavailable = error('UPSTREAM_UNAVAILABLE', { effect: 'UNKNOWN', retryable: true });
// The sandbox stores the error under the key, as Stripe does, and replays it to the gateway's retry.
const keySpent = error('UPSTREAM_UNAVAILABLE', { effect: 'UNKNOWN', retryable: false });

// What a frontend developer sees with each word.
const seen: Readonly<Record<string, object>> = {
  highest: ownSignal({ score: 87.5, riskLevel: 'HIGHEST' }),
  elevated: ownSignal({ score: 70, riskLevel: 'ELEVATED' }),
  normal: ownSignal({ score: 42.5, riskLevel: 'NORMAL' }),
  low: ownSignal({ score: 3, riskLevel: 'LOW' }),
  not_assessed: ownSignal({ score: 0, riskLevel: 'NOT_ASSESSED' }),
  null_level: ownSignal({ score: 50, riskLevel: null }),
  highest_null_level: ownSignal({ score: 87.5, riskLevel: null }),
  unknown_level: ownSignal({ score: 50, riskLevel: 'UNKNOWN' }),
  score_101: ownSignal({ score: 101 }),
  null_signals: signals(null),
  no_signals: signals({ __typename: 'RegistrationSignals', multiAccounting: null, accountSharing: null }),
  both_signals: signals({
    multiAccounting: { score: expect.any(Number) },
    accountSharing: { score: expect.any(Number) },
  }),
  new_signal: signals({ multiAccounting: { score: expect.any(Number) }, accountSharing: null }),
  other_event: error('UPSTREAM_INVALID_RESPONSE', { path: null }),
  error_400: error('BAD_USER_INPUT', { path, effect: 'NONE', retryable: false }),
  missing: error('NOT_FOUND', { path, effect: 'NONE', retryable: false }),
  error_401: error('UPSTREAM_REFUSED', { effect: 'NONE' }),
  error_403: error('UPSTREAM_REFUSED', { effect: 'NONE' }),
  error_409: unavailable,
  error_424: keySpent,
  error_429: error('UPSTREAM_RATE_LIMITED', { effect: 'NONE', retryable: true }),
  error_500: keySpent,
  error_502: keySpent,
  error_503: keySpent,
  error_504: keySpent,
};

describe('a word that the sandbox knows', () => {
  let gateway: TestGateway;
  let accounts = 0;

  beforeAll(async () => {
    gateway = await startTestGateway(accountsOfCallers);
  });
  afterAll(() => gateway.close());
  // An account for each word, because several failures in a row would open the circuit breaker.
  beforeEach(() => {
    accounts += 1;
  });

  const evaluate = async (evaluationContext: object[]) => {
    const variables = { input: registration({ evaluationContext }) };
    const { data } = await gateway.send(createEverything, variables, inAccount(`acct_${accounts}`));
    return data.createCustomerEvaluation;
  };
  const create = (radarSession: string) => evaluate([{ clientDetails: { radarSession } }]);

  it.each(Object.keys(magicCases))('sandbox_%s does what its row says', async (word) => {
    expect(seen).toHaveProperty(word);
    expect(await create(`rse_sandbox_${word}`)).toMatchObject(seen[word] ?? {});
  });

  it('a word that the sandbox knows can delay the response by its number of milliseconds, and combines with others', async () => {
    const calls = {
      'the longest': create('sandbox_delay_1500 sandbox_highest'),
      'the shorter': create('sandbox_delay_700'),
      'the undelayed': create('sandbox_highest'),
    };
    expect(await orderOfEnds(calls)).toEqual(['the undelayed', 'the shorter', 'the longest']);
    expect(await calls['the longest']).toMatchObject(seen['highest'] ?? {});
  });

  it('a word that the sandbox knows works in any string of the context', async () => {
    const email = 'sandbox_elevated@example.com';
    const evaluated = await evaluate([{ customerDetails: { customerData: { email } } }]);
    expect(evaluated).toMatchObject(seen['elevated'] ?? {});
  });

  it('an unknown word is refused with the parameter that holds it', async () => {
    expect(await create('rse_sandbox_heighest')).toMatchObject(error('BAD_USER_INPUT', { path }));
    expect(await create('rse_sandbox_constructor')).toMatchObject(error('BAD_USER_INPUT', { path }));
  });
});

it('a response of the sandbox that drips ends, so that its connection serves the next request', async () => {
  const server = createServer((_request, response) => sandboxFaults['drip']?.write(response, '"é"'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const reused: boolean[] = [];
  try {
    for (let count = 0; count < 2; count += 1) {
      const request = get({ port, agent });
      const [response] = await once(request, 'response');
      expect(await text(response)).toBe('"é"');
      reused.push(request.reusedSocket);
    }
    expect(reused).toEqual([false, true]);
  } finally {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  }
});
