import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { casesOf } from '../../src/sandbox/magic-request.ts';
import { accountsOfCallers, inAccount } from '../harness/callers-accounts.ts';
import { createEverything } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const ownSignal = (fields: object) => ({
  errors: [],
  customerEvaluation: { pendingSignals: [], signals: { accountSharing: fields } },
});
const error = (code: string, more: object = {}) => ({
  customerEvaluation: null,
  errors: [{ code, ...more }],
});
const customerPath = ['input', 'evaluationContext', '1', 'customerDetails', 'customer'];
const unavailable = error('UPSTREAM_UNAVAILABLE', { effect: 'UNKNOWN', retryable: true });
const score = expect.any(Number);

// What a frontend developer sees with each word on v2.
const seen: Readonly<Record<string, object>> = {
  highest: ownSignal({ score: 87.5, riskLevel: 'HIGHEST' }),
  elevated: ownSignal({ score: 70, riskLevel: 'ELEVATED' }),
  normal: ownSignal({ score: 42.5, riskLevel: 'NORMAL' }),
  low: ownSignal({ score: 3, riskLevel: 'LOW' }),
  not_assessed: ownSignal({ score: null, riskLevel: 'UNKNOWN' }),
  null_level: ownSignal({ score: 50, riskLevel: null }),
  highest_null_level: ownSignal({ score: 87.5, riskLevel: null }),
  unknown_level: ownSignal({ score: 50, riskLevel: 'UNKNOWN' }),
  score_101: ownSignal({ score: 101 }),
  null_signals: { errors: [], customerEvaluation: { pendingSignals: [] } },
  no_signals: { errors: [], customerEvaluation: { pendingSignals: [] } },
  both_signals: ownSignal({ score }),
  new_signal: ownSignal({ score }),
  other_event: error('UPSTREAM_INVALID_RESPONSE', { path: null }),
  complete_at_once: ownSignal({ score }),
  pending_forever: { errors: [], customerEvaluation: { pendingSignals: ['ACCOUNT_SHARING'] } },
  partial: ownSignal({ score }),
  no_score: ownSignal({ score: null, riskLevel: expect.any(String) }),
  sparse: ownSignal({ score: null, evaluatedAt: null }),
  nulls: ownSignal({ score: null, evaluatedAt: null }),
  error_400: error('BAD_USER_INPUT', { effect: 'NONE', retryable: false }),
  missing: error('NOT_FOUND', { path: customerPath, effect: 'NONE', retryable: false }),
  account_inaccessible: error('NOT_FOUND', { path: customerPath, effect: 'NONE', retryable: false }),
  error_401: error('UPSTREAM_REFUSED', { effect: 'NONE' }),
  error_403: error('UPSTREAM_REFUSED', { effect: 'NONE' }),
  error_409: unavailable,
  error_424: unavailable,
  error_429: error('UPSTREAM_RATE_LIMITED', { effect: 'NONE', retryable: true }),
  error_500: unavailable,
  error_502: unavailable,
  error_503: unavailable,
  error_504: unavailable,
  invalid_account_details: error('BAD_USER_INPUT', { effect: 'NONE' }),
  missing_data_for_evaluation: error('BAD_USER_INPUT', { effect: 'NONE' }),
  signal_type_access_denied: error('UPSTREAM_REFUSED', { effect: 'NONE' }),
  feature_not_enabled: error('UPSTREAM_REFUSED', { effect: 'NONE' }),
  fraudulent_website_quota_exceeded: error('UPSTREAM_REFUSED', { effect: 'NONE', retryable: false }),
  account_evaluation_inaccessible: { customerEvaluation: null },
};

describe('a word that the sandbox’s v2 knows, seen through the gateway', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ ...accountsOfCallers, STRIPE_API: 'v2' });
  });
  afterAll(() => gateway.close());

  // Each word has an account, because several failures in a row would open the circuit breaker.
  const words = Object.keys(casesOf('v2')).map((word, index) => ({ word, account: `acct_${index}` }));

  it.each(words)(
    'sandbox_$word on v2 has the effect of its row through the gateway',
    async ({ word, account }) => {
      expect(seen).toHaveProperty(word);
      const input = {
        eventType: 'LOGIN',
        evaluationContext: [
          { clientDetails: { radarSession: `rse_sandbox_${word}` } },
          { customerDetails: { customer: 'cus_1' } },
        ],
      };
      const { data } = await gateway.send(createEverything, { input }, inAccount(account));
      expect(data.createCustomerEvaluation).toMatchObject(seen[word] ?? {});
    },
  );
});
