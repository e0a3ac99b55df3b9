import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type AttemptOutcome,
  type RetrySituation,
  retryDelayMs,
} from '../../src/stripe/http/retry-policy.ts';

const noAnswer: AttemptOutcome = {
  status: undefined,
  keyInUse: false,
  replayed: false,
  overQuota: false,
  byIntermediary: false,
  shouldRetry: undefined,
  rateLimitedReason: undefined,
  retryAfterMs: undefined,
  staleConnection: false,
  unreadable: false,
  breakerOpen: false,
};

function situation(outcome: Partial<AttemptOutcome>, rest: Partial<RetrySituation> = {}): RetrySituation {
  return {
    outcome: { ...noAnswer, ...outcome },
    attempts: 1,
    polls: 0,
    maxAttempts: 3,
    remainingMs: 8_000,
    callerGone: false,
    budgetLeft: true,
    random: 0.5,
    ...rest,
  };
}

describe('the retry policy', () => {
  it.each([
    ['no answer', situation({})],
    ['409', situation({ status: 409 })],
    ['424', situation({ status: 424 })],
    ['500', situation({ status: 500 })],
    ['503', situation({ status: 503 })],
    ['429', situation({ status: 429 })],
    ['429 for a rate', situation({ status: 429, rateLimitedReason: 'endpoint-rate' })],
    ['a 4xx from a proxy in between', situation({ status: 408, byIntermediary: true })],
    ['a refusal that Stripe says to repeat', situation({ status: 400, shouldRetry: true })],
  ])('the retry policy retries after %s', (_name, given) => {
    expect(retryDelayMs(given)).toBeGreaterThanOrEqual(100);
  });

  it.each([
    ['the attempts are spent', situation({}, { attempts: 3 })],
    [
      'the key is in use and the caller is gone',
      situation({ status: 409, keyInUse: true }, { callerGone: true }),
    ],
    [
      'the key is in use and the deadline leaves no room',
      situation({ status: 409, keyInUse: true }, { remainingMs: 150 }),
    ],
    [
      'the key is in use and Stripe says not to',
      situation({ status: 409, keyInUse: true, shouldRetry: false }),
    ],
    ['the caller is gone', situation({}, { callerGone: true })],
    ['the budget is spent', situation({}, { budgetLeft: false })],
    ['the breaker is open', situation({ breakerOpen: true })],
    ['the deadline leaves no room for the wait and an attempt', situation({}, { remainingMs: 150 })],
    ['Stripe asks for a wait beyond the deadline', situation({ status: 429, retryAfterMs: 8_000 })],
    ['Stripe asks for a wait that cannot be read', situation({ status: 429, retryAfterMs: 'unreadable' })],
    ['Stripe says not to', situation({ status: 503, shouldRetry: false })],
    [
      'Stripe says to, but the attempts are spent',
      situation({ status: 500, shouldRetry: true }, { attempts: 3 }),
    ],
    ['the key is spent', situation({ status: 500, replayed: true, shouldRetry: true })],
    ['a resource’s own limit', situation({ status: 429, rateLimitedReason: 'resource-specific' })],
    ['a refusal of the input', situation({ status: 400 })],
    ['a refusal of the key', situation({ status: 401 })],
    ['a redirect', situation({ status: 307 })],
    ['bytes that are no answer', situation({ unreadable: true })],
  ])('the retry policy does not retry if: %s', (_name, given) => {
    expect(retryDelayMs(given)).toBeUndefined();
  });

  it('the retry policy retries at once, outside the budget and the attempts, after a stale pooled connection', () => {
    expect(retryDelayMs(situation({ staleConnection: true }, { budgetLeft: false, attempts: 3 }))).toBe(0);
  });

  it('the retry policy asks for a key in use five times quickly, then less and less often, whatever attempts are left', () => {
    const waits = [1, 5, 6, 7, 8, 9, 12].map((polls) =>
      retryDelayMs(
        situation(
          { status: 409, keyInUse: true },
          { polls, attempts: 3, budgetLeft: false, random: 0.999_999 },
        ),
      ),
    );
    expect(waits.map((wait) => Math.round(wait ?? 0))).toEqual([200, 200, 200, 400, 800, 1600, 2000]);
  });

  it('the retry policy starts no attempt with less than 50 ms before the deadline', () => {
    const stale = (remainingMs: number) =>
      retryDelayMs(situation({ staleConnection: true }, { remainingMs }));
    expect([stale(50), stale(49.9)]).toEqual([0, undefined]);
    const waiting = (remainingMs: number) => retryDelayMs(situation({}, { random: 0, remainingMs }));
    expect([waiting(150), waiting(149.9)]).toEqual([100, undefined]);
  });

  it('the retry policy waits at least as long as Stripe asks', () => {
    expect(retryDelayMs(situation({ status: 503, retryAfterMs: 3_000 }))).toBe(3_000);
  });

  it('the retry policy doubles the wait from attempt to attempt, up to a cap, never below a floor', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((attempts) =>
      retryDelayMs(situation({}, { attempts, maxAttempts: 10, random: 0.999_999 })),
    );
    expect(waits.map((wait) => Math.round(wait ?? 0))).toEqual([200, 400, 800, 1600, 2000, 2000]);
    expect(retryDelayMs(situation({}, { random: 0 }))).toBe(100);
  });

  const outcomes = fc.record({
    status: fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined }),
    shouldRetry: fc.option(fc.boolean(), { nil: undefined }),
    rateLimitedReason: fc.option(fc.constantFrom('global-rate', 'resource-specific'), { nil: undefined }),
    retryAfterMs: fc.option(
      fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constant('unreadable' as const)),
      {
        nil: undefined,
      },
    ),
    keyInUse: fc.boolean(),
    replayed: fc.boolean(),
    byIntermediary: fc.boolean(),
    overQuota: fc.boolean(),
    staleConnection: fc.boolean(),
    unreadable: fc.boolean(),
    breakerOpen: fc.boolean(),
  });

  it('the retry policy never exceeds attempts or deadline, whatever a fake clock and the outcomes bring', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            outcome: outcomes,
            tookMs: fc.integer({ min: 0, max: 3_000 }),
            random: fc.double({ min: 0, max: 0.999, noNaN: true }),
          }),
          { minLength: 12, maxLength: 12 },
        ),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 10_000 }),
        (steps, maxAttempts, deadlineMs) => {
          let clock = 0;
          let attempts = 0;
          let polls = 0;
          for (const { outcome, tookMs, random } of steps) {
            // An attempt ends at the deadline at the latest; the transport takes care of that.
            expect(clock).toBeLessThan(deadlineMs);
            clock = Math.min(clock + tookMs, deadlineMs);
            if (outcome.keyInUse) polls += 1;
            else if (!outcome.staleConnection) attempts += 1;
            const remainingMs = deadlineMs - clock;
            const wait = retryDelayMs({
              outcome,
              attempts,
              polls,
              maxAttempts,
              remainingMs,
              callerGone: false,
              budgetLeft: true,
              random,
            });
            if (wait === undefined) break;
            clock += wait;
          }
          expect(attempts).toBeLessThanOrEqual(maxAttempts);
          expect(clock).toBeLessThanOrEqual(deadlineMs);
        },
      ),
    );
  });
});
