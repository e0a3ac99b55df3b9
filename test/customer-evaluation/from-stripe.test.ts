import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CustomerEvaluationEventType } from '../../src/customer-evaluation/event-type.enum.ts';
import type { Translated } from '../../src/customer-evaluation/response-drift.ts';
import {
  AccountSharingSignal,
  LoginSignals,
  MultiAccountingSignal,
  RegistrationSignals,
} from '../../src/customer-evaluation/signals.union.ts';
import { fromStripe } from '../../src/customer-evaluation/v1/from-stripe.ts';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import { loginAnswer, registrationAnswer } from '../harness/evaluations.ts';

const read = (body: unknown, asked?: CustomerEvaluationEventType): Translated =>
  fromStripe({ body, requestId: 'req_1', isRepeat: false }, { eventType: asked });

const signal = { score: 50, evaluated_at: 1715769600, risk_level: 'elevated' };
const event = { type: 'login_success', occurred_at: 1715769600 };
const without = (name: string): object =>
  Object.fromEntries(Object.entries(registrationAnswer).filter(([key]) => key !== name));

describe('an answer of the upstream', () => {
  it('a response of the upstream is read with all its fields', () => {
    const { evaluation, drift } = read({
      ...loginAnswer,
      status: 'restricted',
      events: [
        {
          type: 'login_failed',
          occurred_at: 1715769600,
          login_failed: { reason: 'suspected_account_sharing' },
        },
        { type: 'registration_failed', occurred_at: 1715769601, registration_failed: { reason: 'other' } },
        { ...event, login_failed: null },
      ],
      signals: { account_sharing: signal, multi_accounting: { ...signal, score: 0.5, risk_level: 'low' } },
    });
    const at = new Date('2024-05-15T10:40:00Z');
    expect(evaluation).toMatchObject({
      id: loginAnswer.id,
      eventType: 'LOGIN',
      livemode: true,
      createdAt: at,
      customer: { id: loginAnswer.customer },
      status: 'RESTRICTED',
      events: [
        { type: 'LOGIN_FAILED', occurredAt: at, failureReason: 'SUSPECTED_ACCOUNT_SHARING' },
        { type: 'REGISTRATION_FAILED', failureReason: 'OTHER' },
        { type: 'LOGIN_SUCCESS', failureReason: null },
      ],
      signals: {
        accountSharing: { score: 50, riskLevel: 'ELEVATED', evaluatedAt: at },
        multiAccounting: { score: 0.5, riskLevel: 'LOW' },
      },
    });
    expect(evaluation.signals).toBeInstanceOf(LoginSignals);
    expect(evaluation.signals?.accountSharing).toBeInstanceOf(AccountSharingSignal);
    expect(evaluation.signals?.multiAccounting).toBeInstanceOf(MultiAccountingSignal);
    expect(drift).toEqual([]);
  });

  it.each<{ what: string; body: object; evaluation: object }>([
    {
      what: 'customer is null',
      body: { ...registrationAnswer, customer: null },
      evaluation: { customer: null },
    },
    { what: 'customer is missing', body: without('customer'), evaluation: { customer: null } },
    { what: 'events is null', body: { ...registrationAnswer, events: null }, evaluation: { events: null } },
    { what: 'events is missing', body: without('events'), evaluation: { events: null } },
    { what: 'events is empty', body: { ...registrationAnswer, events: [] }, evaluation: { events: [] } },
    {
      what: 'a signal’s score and time are null',
      body: { ...loginAnswer, signals: { account_sharing: { ...signal, score: null, evaluated_at: null } } },
      evaluation: { signals: { accountSharing: { score: null, riskLevel: 'ELEVATED', evaluatedAt: null } } },
    },
    {
      what: 'the reason of a failed event is null',
      body: { ...loginAnswer, events: [{ ...event, type: 'login_failed', login_failed: { reason: null } }] },
      evaluation: { events: [{ type: 'LOGIN_FAILED', failureReason: null }] },
    },
    {
      what: 'signals is null',
      body: { ...registrationAnswer, signals: null },
      evaluation: { signals: null },
    },
    { what: 'signals is missing', body: without('signals'), evaluation: { signals: null } },
    {
      what: 'signals is empty',
      body: { ...registrationAnswer, signals: {} },
      evaluation: { signals: new RegistrationSignals({ accountSharing: null, multiAccounting: null }) },
    },
    {
      what: 'a signal is null',
      body: { ...loginAnswer, signals: { account_sharing: null } },
      evaluation: { signals: new LoginSignals({ accountSharing: null, multiAccounting: null }) },
    },
    {
      what: 'a risk level is missing',
      body: { ...loginAnswer, signals: { account_sharing: { score: 1, evaluated_at: 0 } } },
      evaluation: { signals: { accountSharing: { score: 1, riskLevel: null, evaluatedAt: new Date(0) } } },
    },
    { what: 'status is null', body: { ...registrationAnswer, status: null }, evaluation: { status: null } },
    { what: 'status is missing', body: registrationAnswer, evaluation: { status: null } },
  ])('a response of the upstream is read without drift if $what', ({ body, evaluation }) => {
    const translated = read(body);
    expect(translated.evaluation).toMatchObject(evaluation);
    expect(translated.drift).toEqual([]);
  });

  it.each<{ what: string; body: object; evaluation: object; drift: string[] }>([
    {
      what: 'event type',
      body: { ...registrationAnswer, event_type: 'password_reset' },
      evaluation: { eventType: 'UNKNOWN' },
      drift: ['unknown value in event_type'],
    },
    {
      what: 'status',
      body: { ...registrationAnswer, status: 'toString' },
      evaluation: { status: 'UNKNOWN' },
      drift: ['unknown value in status'],
    },
    {
      what: 'risk level',
      body: { ...loginAnswer, signals: { account_sharing: { ...signal, risk_level: 'volcanic' } } },
      evaluation: { signals: { accountSharing: { riskLevel: 'UNKNOWN' } } },
      drift: ['unknown value in signals.account_sharing.risk_level'],
    },
    {
      what: 'outcome and reason of an event',
      body: { ...loginAnswer, events: [{ ...event, type: 'x', login_failed: { reason: 'y' } }] },
      evaluation: { events: [{ type: 'UNKNOWN', failureReason: 'UNKNOWN' }] },
      drift: ['unknown value in events.reason', 'unknown value in events.type'],
    },
    {
      what: 'field, signal or field of a signal or event',
      body: {
        ...loginAnswer,
        shoe_size: 43,
        'not a name: a@b.example': 1,
        events: [{ ...event, weather: 'fine' }],
        signals: { account_sharing: { ...signal, mood: 'good' }, time_travel: signal },
      },
      evaluation: { eventType: 'LOGIN', signals: { accountSharing: { score: 50 } } },
      drift: [
        'unknown field (unprintable)',
        'unknown field events.weather',
        'unknown field shoe_size',
        'unknown field signals.account_sharing.mood',
        'unknown field signals.time_travel',
      ],
    },
    {
      what: 'score, outside 0 to 100, which is passed on',
      body: { ...loginAnswer, signals: { account_sharing: { ...signal, score: 101 } } },
      evaluation: { signals: { accountSharing: { score: 101 } } },
      drift: ['signals.account_sharing.score out of range'],
    },
  ])(
    'a response of the upstream with a new $what is read, and the drift is reported by name',
    ({ body, evaluation, drift }) => {
      const translated = read(body);
      expect(translated.evaluation).toMatchObject(evaluation);
      expect([...translated.drift].sort()).toEqual(drift);
    },
  );

  it.each([
    { signals: { account_sharing: signal }, member: LoginSignals },
    { signals: { multi_accounting: signal }, member: RegistrationSignals },
  ])(
    'a response of the upstream about a new event type still distinguishes its signals',
    ({ signals, member }) => {
      const body = { ...registrationAnswer, event_type: 'password_reset', signals };
      expect(read(body).evaluation.signals).toBeInstanceOf(member);
    },
  );
});

describe('an answer that is not what the contract says', () => {
  const refused = { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN', upstreamRequestId: 'req_1' };

  it.each<{ what: string; body: unknown; names: string }>([
    ...['id', 'object', 'event_type', 'livemode', 'created_at'].flatMap((name) => [
      { what: `${name} missing`, body: without(name), names: name },
      { what: `${name} null`, body: { ...registrationAnswer, [name]: null }, names: name },
      { what: `${name} a hash`, body: { ...registrationAnswer, [name]: {} }, names: name },
    ]),
    { what: 'an empty id', body: { ...registrationAnswer, id: '' }, names: 'id' },
    { what: 'another object', body: { ...registrationAnswer, object: 'customer' }, names: 'object' },
    {
      what: 'a time beyond all time',
      body: { ...registrationAnswer, created_at: 9e15 },
      names: 'created_at',
    },
    { what: 'half a second', body: { ...registrationAnswer, created_at: 1.5 }, names: 'created_at' },
    { what: 'a customer that is a hash', body: { ...registrationAnswer, customer: {} }, names: 'customer' },
    { what: 'events that are no list', body: { ...registrationAnswer, events: {} }, names: 'events' },
    { what: 'signals that are a list', body: { ...registrationAnswer, signals: [] }, names: 'signals' },
    {
      what: 'a score that is a word',
      body: { ...loginAnswer, signals: { account_sharing: { ...signal, score: 'high' } } },
      names: 'signals.account_sharing.score',
    },
    { what: 'a list', body: [registrationAnswer], names: 'response' },
    { what: 'null', body: null, names: 'response' },
  ])(
    'a response that violates the contract is refused for $what, and the log says where',
    ({ body, names }) => {
      const failure = outcomeOf(body);
      expect(failure).toMatchObject(refused);
      expect((failure as UpstreamCallError).operatorNote).toMatch(
        new RegExp(`^${names.replaceAll('.', '\\.')}: `),
      );
    },
  );

  it('a response that violates the contract is refused if it is about another event type than requested', () => {
    expect(outcomeOf(loginAnswer, 'REGISTRATION')).toMatchObject(refused);
    expect(outcomeOf({ ...loginAnswer, event_type: 'password_reset' }, 'LOGIN')).toMatchObject(refused);
    expect(read(loginAnswer, 'LOGIN').evaluation.eventType).toBe('LOGIN');
  });

  it('a response with any JSON gives an evaluation or UPSTREAM_INVALID_RESPONSE, and no message quotes a string of it', () => {
    // Strings that no message holds by chance. (Names of fields may appear in the log.)
    const word = fc.stringMatching(/^[a-z@]{3}\d{4}$/);
    const name = fc.stringMatching(/^[a-z_]{1,8}$/);
    const { anything } = fc.letrec((tie) => ({
      anything: fc.oneof(
        { depthSize: 'small' },
        word,
        fc.constantFrom(null, true, -1, 1e300),
        fc.array(tie('anything'), { maxLength: 3 }),
        fc.dictionary(name, tie('anything'), { maxKeys: 3 }),
      ),
    }));
    const odd = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.oneof({ weight: 6, arbitrary: value }, word, anything);
    const oddSignal = fc.record({
      score: odd(fc.double()),
      evaluated_at: odd(fc.nat()),
      risk_level: odd(word),
    });
    const answer = fc.record(
      {
        id: odd(word),
        object: odd(fc.constant('radar.customer_evaluation')),
        event_type: odd(fc.constantFrom('login', 'registration')),
        livemode: odd(fc.boolean()),
        created_at: odd(fc.nat()),
        customer: odd(word),
        events: odd(
          fc.array(odd(fc.record({ type: odd(word), occurred_at: odd(fc.nat()), login_failed: anything }))),
        ),
        signals: odd(fc.record({ account_sharing: odd(oddSignal), multi_accounting: odd(oddSignal) })),
        status: odd(word),
      },
      { requiredKeys: ['id', 'object', 'event_type', 'livemode', 'created_at'] },
    );
    fc.assert(
      fc.property(fc.oneof(anything, answer), (body) => {
        const outcome = outcomeOf(body);
        if (!(outcome instanceof UpstreamCallError)) {
          for (const kind of outcome.drift) expect(kind).not.toMatch(/[a-z@]{3}\d{4}/);
          return;
        }
        expect(outcome.code).toBe('UPSTREAM_INVALID_RESPONSE');
        expect(`${outcome.message} ${outcome.operatorNote}`).not.toMatch(/[a-z@]{3}\d{4}/);
      }),
      { numRuns: 1000 },
    );
  });
});

function outcomeOf(body: unknown, asked?: CustomerEvaluationEventType): Translated | UpstreamCallError {
  try {
    return read(body, asked);
  } catch (error) {
    if (error instanceof UpstreamCallError) return error;
    throw error;
  }
}
