import { describe, expect, it } from '@jest/globals';
import { type FailureCode, failureCodes } from '../../src/errors/error-codes.ts';
import { type Effect, UpstreamCallError } from '../../src/errors/upstream-call-error.ts';

const retryable: Record<FailureCode, boolean> = {
  BAD_USER_INPUT: false,
  NOT_FOUND: false,
  IDEMPOTENCY_CONFLICT: false,
  UPSTREAM_RATE_LIMITED: true,
  UPSTREAM_TIMEOUT: true,
  UPSTREAM_UNAVAILABLE: true,
  UPSTREAM_REFUSED: false,
  UPSTREAM_UNSUPPORTED: false,
  UPSTREAM_INVALID_RESPONSE: true,
};

describe('a failure that a caller can act on', () => {
  it.each(Object.entries(retryable) as [FailureCode, boolean][])(
    'a failure that a caller can act on says whether to retry, and what to do: %s',
    (code, expected) => {
      const failure = new UpstreamCallError(code, { effect: 'NONE' });
      expect(failure.retryable).toBe(expected);
      expect(failure.name).toBe('UpstreamCallError');
      const { message, description } = failureCodes[code];
      expect(failure.problems).toEqual([{ message }]);
      expect(failure.message).toBe(message);
      // A retryable error says how to retry. Both texts are sentences; the description is part of the schema.
      const how = expected ? /Wait|[Rr]etry with the same idempotency key/ : /./;
      for (const text of [message, description]) expect(text).toMatch(/^[A-Z].*\.$/s);
      expect(message).toMatch(how);
      expect(description.length).toBeGreaterThan(40);
    },
  );

  it('a failure that a caller can act on lists all problems, in one text for the log and separately for the caller', () => {
    const problems = [{ message: 'One.', path: ['input'] }, { message: 'Two.' }];
    const failure = new UpstreamCallError('BAD_USER_INPUT', { effect: 'NONE', problems });
    expect(failure.problems).toEqual(problems);
    expect(failure.message).toBe('One. Two.');
  });

  it.each(Object.keys(retryable) as FailureCode[])(
    'a failure that a caller can act on is marked for operators only if they must act: %s',
    (code) => {
      expect(new UpstreamCallError(code, { effect: 'NONE' }).operatorsMustAct).toBe(
        code === 'UPSTREAM_REFUSED',
      );
      const told = new UpstreamCallError(code, { effect: 'NONE', operatorsMustAct: true });
      expect(told.operatorsMustAct).toBe(true);
    },
  );

  it.each(['NONE', 'UNKNOWN'] as Effect[])(
    'a failure that a caller can act on changes only its effect when that is known better: %s',
    (effect) => {
      const details = {
        problems: [{ message: 'One.', path: ['input'] }],
        param: 'event_type',
        retryAfterMs: 1_000,
        upstreamRequestId: 'req_1',
        operatorNote: 'status 500',
        operatorsMustAct: true,
      };
      const failure = new UpstreamCallError('UPSTREAM_UNAVAILABLE', {
        effect: 'UNKNOWN',
        ...details,
      }).withEffect(effect);
      expect(failure).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', effect, ...details });
    },
  );
});
