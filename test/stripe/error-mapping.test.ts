import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureCodes } from '../../src/errors/error-codes.ts';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import { errorOfResponse, errorOfTransport } from '../../src/stripe/http/error-mapping.ts';
import { TransportError } from '../../src/stripe/http/transport.ts';

const headers = { 'content-type': 'application/json', 'request-id': 'req_1' };
const failureOf = (status: number, error: object, more: Record<string, string> = {}): UpstreamCallError =>
  errorOfResponse({ status, headers: { ...headers, ...more }, text: JSON.stringify({ error }) });

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
  ])('a response $status with $error is $code, effect $effect', ({ status, error, code, effect }) => {
    expect(failureOf(status, error)).toMatchObject({ code, effect, upstreamRequestId: 'req_1' });
  });

  it('a response whose status leaves the effect open is UPSTREAM_UNAVAILABLE, whatever its error says', () => {
    const words = [
      undefined,
      'idempotency_error',
      'invalid_request_error',
      'resource_missing',
      'parameter_unknown',
      'not_found',
      'account_inaccessible',
      'invalid_fields',
      'quota_exceeded',
    ];
    const word = fc.constantFrom(...words);
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(409, 424), fc.integer({ min: 500, max: 599 })),
        fc.record({ type: word, code: word, param: fc.constantFrom(undefined, field) }),
        (status, error) => {
          expect(failureOf(status, error)).toMatchObject({
            code: 'UPSTREAM_UNAVAILABLE',
            effect: 'UNKNOWN',
            retryable: true,
          });
        },
      ),
    );
  });

  it.each([
    { status: 400, error: {}, setting: /STRIPE_API_VERSION.*STRIPE_ACCOUNT/ },
    { status: 401, error: {}, setting: /STRIPE_SECRET_KEY/ },
    { status: 403, error: {}, setting: /permission.*STRIPE_ACCOUNT/ },
    { status: 404, error: {}, setting: /STRIPE_API_VERSION/ },
  ])(
    'a response with status $status is logged with the setting to check, which callers do not see',
    ({ status, error, setting }) => {
      const failure = failureOf(status, error);
      expect(failure.operatorNote).toMatch(setting);
      expect(failure.message).not.toContain('STRIPE_');
    },
  );

  it('an unsuccessful response is logged with the upstream limit that was hit', () => {
    const failure = failureOf(429, {}, { 'stripe-rate-limited-reason': 'endpoint-rate' });
    expect(failure.operatorNote).toContain('endpoint-rate');
  });

  it.each<[asked: Record<string, string>, ms: number]>([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0' }, 0],
    [{}, 1_000],
    [{ 'retry-after': 'Fri, 31 Dec 2027 23:59:59 GMT' }, 1_000],
  ])('an unsuccessful response tells the caller of a limit how long to wait, %j: %d ms', (asked, ms) => {
    expect(failureOf(429, {}, asked).retryAfterMs).toBe(ms);
  });

  it('an unsuccessful response tells the caller how long an unavailable upstream asks to wait, if it says so', () => {
    expect(failureOf(503, {}, { 'retry-after': '30' }).retryAfterMs).toBe(30_000);
    expect(failureOf(503, {}).retryAfterMs).toBeUndefined();
  });

  it('an unsuccessful response keeps the refused parameter’s name, for the feature to translate', () => {
    expect(failureOf(400, { param: field }).param).toBe(field);
    expect(failureOf(404, { code: 'resource_missing', param: 'id' }).param).toBe('id');
  });

  it('a redirect is logged only with its status, since its target must not be followed', () => {
    const failure = failureOf(307, {}, { location: 'https://canary.example' });
    expect(failure.operatorNote).toBe('status 307');
  });

  it('an unsuccessful response is logged only with words of the upstream’s vocabulary, never with personal data', () => {
    const longest = 'a'.repeat(64);
    expect(failureOf(402, { type: 'card_error', code: longest }).operatorNote).toBe(
      `status 402, type card_error, code ${longest}`,
    );
    for (const text of ['Canary Person', 'canary@example.com', 'x y', 'x\ny', '', 'a'.repeat(65)]) {
      expect(failureOf(402, { type: text, code: text }).operatorNote).toBe(
        'status 402, type none, code none',
      );
    }
    expect(failureOf(402, {}).operatorNote).toBe('status 402, type none, code none');
  });

  it('an unsuccessful response is one of the failures for every status and body, and the caller sees nothing of the body', () => {
    // Every string of the body is one that no message holds by chance.
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
        const failure = errorOfResponse(raw);
        expect(failure).toBeInstanceOf(UpstreamCallError);
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

describe('what it means to a caller that no whole answer came', () => {
  it.each([
    { error: new TransportError(false, 'ECONNREFUSED'), code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' },
    { error: new TransportError(true, 'ECONNRESET'), code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    {
      error: new TransportError(true, 'HTTPParserError'),
      code: 'UPSTREAM_INVALID_RESPONSE',
      effect: 'UNKNOWN',
    },
  ])('a missing response ($error.message) is $code, effect $effect', ({ error, code, effect }) => {
    const failure = errorOfTransport(error);
    expect(failure).toMatchObject({ code, effect, operatorNote: error.message });
    expect(failure.message).not.toContain(error.code);
  });

  it.each([
    ['CERT_HAS_EXPIRED', true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
    ['ERR_TLS_CERT_ALTNAME_INVALID', true],
    ['ERR_SSL_WRONG_VERSION_NUMBER', true],
    // The error for a host that sends its certificate without the intermediate one.
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
    ['INVALID_CA', true],
    ['INVALID_PURPOSE', true],
    ['PATH_LENGTH_EXCEEDED', true],
    ['ECONNREFUSED', false],
    ['UND_ERR_CONNECT_TIMEOUT', false],
  ])(
    'a missing response needs the operators only if the certificate or the protocol caused it: %s, %s',
    (code, operatorsMustAct) => {
      expect(errorOfTransport(new TransportError(false, code))).toMatchObject({ operatorsMustAct });
    },
  );
});
