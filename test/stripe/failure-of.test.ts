import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Failure, failureCodes } from '../../src/errors/failure.ts';
import { failureOfAnswer } from '../../src/stripe/failure-of.ts';

const headers = { 'content-type': 'application/json', 'request-id': 'req_1' };
const failureOf = (status: number, error: object, more: Record<string, string> = {}): Failure =>
  failureOfAnswer({ status, headers: { ...headers, ...more }, text: JSON.stringify({ error }) });

const field = 'evaluation_context[0][client_details][radar_session]';

describe('what an answer that is no success means to a caller', () => {
  it.each([
    { status: 301, error: {}, code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN' },
    { status: 307, error: {}, code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN' },
    { status: 400, error: { param: field }, code: 'BAD_USER_INPUT', effect: 'NONE' },
    {
      status: 400,
      error: { code: 'parameter_missing', param: 'event_type' },
      code: 'BAD_USER_INPUT',
      effect: 'NONE',
    },
    { status: 400, error: {}, code: 'UPSTREAM_REFUSED', effect: 'NONE' },
    {
      status: 400,
      error: { code: 'parameter_unknown', param: 'x' },
      code: 'UPSTREAM_UNSUPPORTED',
      effect: 'NONE',
    },
    { status: 400, error: { type: 'idempotency_error' }, code: 'IDEMPOTENCY_CONFLICT', effect: 'NONE' },
    { status: 400, error: { code: 'resource_missing', param: field }, code: 'NOT_FOUND', effect: 'NONE' },
    { status: 401, error: {}, code: 'UPSTREAM_REFUSED', effect: 'NONE' },
    { status: 403, error: {}, code: 'UPSTREAM_REFUSED', effect: 'NONE' },
    { status: 404, error: { code: 'resource_missing' }, code: 'NOT_FOUND', effect: 'NONE' },
    { status: 404, error: {}, code: 'UPSTREAM_UNSUPPORTED', effect: 'NONE' },
    { status: 409, error: { type: 'idempotency_error' }, code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    { status: 409, error: { code: 'lock_timeout' }, code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    { status: 418, error: {}, code: 'UPSTREAM_REFUSED', effect: 'NONE' },
    { status: 424, error: {}, code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    { status: 429, error: { code: 'rate_limit' }, code: 'UPSTREAM_RATE_LIMITED', effect: 'NONE' },
    { status: 500, error: {}, code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    { status: 502, error: {}, code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    { status: 503, error: {}, code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    { status: 504, error: {}, code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    { status: 599, error: {}, code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
  ])('$status with $error is $code, effect $effect', ({ status, error, code, effect }) => {
    expect(failureOf(status, error)).toMatchObject({ code, effect, upstreamRequestId: 'req_1' });
  });

  it.each([
    { status: 400, error: {}, setting: /STRIPE_API_VERSION.*STRIPE_ACCOUNT/ },
    { status: 401, error: {}, setting: /STRIPE_SECRET_KEY/ },
    { status: 403, error: {}, setting: /permission.*STRIPE_ACCOUNT/ },
    { status: 404, error: {}, setting: /STRIPE_API_VERSION/ },
  ])(
    'tells operators of a $status which setting to look at, and callers only that',
    ({ status, error, setting }) => {
      const failure = failureOf(status, error);
      expect(failure.operatorNote).toMatch(setting);
      expect(failure.message).not.toContain('STRIPE_');
    },
  );

  it('tells operators which of the upstream’s limits was met', () => {
    const failure = failureOf(429, {}, { 'stripe-rate-limited-reason': 'endpoint-rate' });
    expect(failure.operatorNote).toContain('endpoint-rate');
  });

  it('writes no word into the log that could be somebody’s: only words of the upstream’s vocabulary', () => {
    const failure = failureOf(402, { type: 'Canary Person', code: 'canary@example.com' });
    expect(failure.operatorNote).toBe('status 402, type none, code none');
  });

  it('is one of the failures for every status and body, and tells the caller nothing of the body', () => {
    // Each string of the body is one that no message of ours holds by chance.
    const text = fc.stringMatching(/^[A-Z@]{3}\d{4}$/);
    const body = fc.oneof(
      fc.record({ error: fc.dictionary(fc.constantFrom('type', 'code', 'param', 'message', 'other'), text) }),
      fc.record({
        error: fc.record({
          type: fc.oneof(text, fc.constantFrom('idempotency_error', 'invalid_request_error', 'api_error')),
          code: fc.oneof(text, fc.constantFrom('resource_missing', 'parameter_unknown', 'lock_timeout')),
          param: fc.oneof(text, fc.constant(field)),
          message: text,
        }),
      }),
      fc.jsonValue({ stringUnit: text }),
    );
    const answer = fc.record({
      status: fc.integer({ min: 300, max: 599 }),
      headers: fc.constant(headers),
      text: fc.oneof(
        body.map((value) => JSON.stringify(value)),
        text,
      ),
    });
    fc.assert(
      fc.property(answer, (raw) => {
        const failure = failureOfAnswer(raw);
        expect(failure).toBeInstanceOf(Failure);
        expect(Object.keys(failureCodes)).toContain(failure.code);
        const told = [
          failure.message,
          failure.operatorNote,
          ...failure.problems.map(({ message }) => message),
        ];
        expect(told.join(' ')).not.toMatch(/[A-Z@]{3}\d{4}/);
      }),
      { numRuns: 1000 },
    );
  });
});
