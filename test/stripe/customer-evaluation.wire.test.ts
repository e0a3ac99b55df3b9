import { describe, expect, it } from '@jest/globals';
import {
  customerEvaluationsPath,
  customerEvaluationWire,
  maxStringLength,
} from '../../src/stripe/customer-evaluation.wire.ts';

const wire = customerEvaluationWire(['account_sharing', 'multi_accounting']);

const signal = { score: 12.5, evaluated_at: 1_715_769_600, risk_level: 'normal' };
const event = {
  type: 'login_failed',
  occurred_at: 1_715_769_600,
  login_failed: { reason: 'other' },
  registration_failed: { reason: 'other' },
};
const whole = {
  id: 'ceval_1',
  object: 'radar.customer_evaluation',
  event_type: 'login',
  livemode: true,
  created_at: 1_715_769_600,
  customer: 'cus_1',
  events: [event],
  signals: { account_sharing: signal, multi_accounting: { ...signal, score: 0.5 } },
  status: 'allowed',
};

/** The paths at which a response violates the contract. */
const faultsOf = (body: unknown): string[] => {
  const { error } = wire.safeParse(body);
  return (error?.issues ?? []).map(({ path }) => path.join('.'));
};
/** The complete response with one change. */
const withAt = (path: string, value: unknown): unknown => {
  const body = structuredClone(whole) as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const parent = steps.reduce((at, step) => at[step] as Record<string, unknown>, body);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return body;
};

describe('what Stripe’s contract says of an answer', () => {
  it('Stripe’s contract of a response accepts one with all its fields', () => {
    expect(wire.parse(whole)).toEqual(whole);
  });

  it('Stripe’s contract of a response requires only a few fields', () => {
    const { id, object, event_type, livemode, created_at } = whole;
    expect(faultsOf({ id, object, event_type, livemode, created_at })).toEqual([]);
    const bare = { type: 'x', occurred_at: 0 };
    expect(
      faultsOf({ ...whole, events: [bare], signals: { account_sharing: { score: 0, evaluated_at: 0 } } }),
    ).toEqual([]);
    expect(faultsOf({})).toEqual(['id', 'object', 'event_type', 'livemode', 'created_at']);
  });

  const seconds = ['created_at', 'events.0.occurred_at', 'signals.account_sharing.evaluated_at'];
  const words = [
    'event_type',
    'events.0.type',
    'events.0.login_failed.reason',
    'events.0.registration_failed.reason',
  ];
  // Required by the reference. Missing or null, they are null in the graph: the evaluation was made all the same.
  const nullable = [
    'signals.account_sharing.score',
    'signals.multi_accounting.score',
    'signals.account_sharing.evaluated_at',
    'events.0.login_failed.reason',
    'events.0.registration_failed.reason',
  ];
  const required = [...seconds, ...words].filter((path) => !nullable.includes(path));
  const openWords = ['status', 'signals.account_sharing.risk_level', 'signals.multi_accounting.risk_level'];

  it.each([
    ...['customer', 'events', 'signals', ...openWords].map((path) => [path, null]),
    ...['events.0.login_failed', 'events.0.registration_failed'].map((path) => [path, null]),
    ...nullable.map((path) => [path, null]),
    ...['signals.account_sharing', 'signals.multi_accounting'].map((path) => [path, null]),
    ...[...words, ...openWords].map((path) => [path, 'a word of tomorrow']),
    ...seconds.flatMap((path) => [
      [path, 0],
      [path, 253_402_300_799],
    ]),
    ['events', []],
    ['signals', {}],
    ['signals.account_sharing.score', -1e300],
    // Stripe adds fields without notice. They are kept, so that they can be logged.
    ...['new', 'events.0.new', 'events.0.login_failed.new', 'signals.new', 'signals.account_sharing.new'].map(
      (path) => [path, { of: 'tomorrow' }],
    ),
  ] as [string, unknown][])('Stripe’s contract of a response accepts for %s: %j', (path, value) => {
    const body = withAt(path, value);
    expect(wire.parse(body)).toEqual(body);
  });

  it.each([
    ...['id', 'object', 'livemode', ...required].flatMap((path) => [
      [path, undefined],
      [path, null],
    ]),
    ...[...words, ...openWords, 'id', 'customer'].map((path) => [path, 5]),
    ...['id', 'customer'].map((path) => [path, '']),
    ...seconds.flatMap((path) =>
      [-1, 0.5, 253_402_300_800, 1_715_769_600_000, '0'].map((value) => [path, value]),
    ),
    ['object', 'customer'],
    ['livemode', 'true'],
    ['signals.account_sharing.score', '5'],
    ...['events', 'events.0', 'events.0.login_failed', 'signals', 'signals.account_sharing'].map((path) => [
      path,
      'x',
    ]),
    ['events', {}],
    ['signals', []],
    ['events.0', null],
  ] as [string, unknown][])('Stripe’s contract of an answer does not take for %s: %j', (path, value) => {
    expect(faultsOf(withAt(path, value))).toEqual([path]);
  });
});

describe('what Stripe’s reference says of a request', () => {
  it('Stripe’s reference of a request has the same URL and maximum string length', () => {
    expect(customerEvaluationsPath).toBe('/v1/radar/customer_evaluations');
    expect(maxStringLength).toBe(5_000);
  });
});
