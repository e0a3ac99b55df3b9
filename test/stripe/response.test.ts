import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import { header, readErrorFields, readResponse, retryAfterMs } from '../../src/stripe/http/response.ts';

const json = { 'content-type': 'application/json', 'request-id': 'req_1' };

describe('an answer of status 200', () => {
  it.each([
    { what: 'plain', headers: json },
    { what: 'with a charset', headers: { ...json, 'content-type': 'application/json; charset=utf-8' } },
    { what: 'in capitals', headers: { ...json, 'content-type': 'Application/JSON' } },
    { what: 'encoded as itself', headers: { ...json, 'content-encoding': 'identity' } },
  ])('a response of status 200 is read if it is JSON, $what', ({ headers }) => {
    const answer = readResponse({ status: 200, headers, text: '{"id":"ceval_1"}' });
    expect(answer).toEqual({ body: { id: 'ceval_1' }, requestId: 'req_1', isRepeat: false });
  });

  it('a response of status 200 that Stripe stored for an earlier call under the key is a repeat', () => {
    const headers = { ...json, 'idempotent-replayed': 'true' };
    expect(readResponse({ status: 200, headers, text: '{}' })).toMatchObject({ isRepeat: true });
  });

  const encoded = 'the response has a content-encoding that was not requested';
  const undeclared = 'the response is not declared as JSON';
  const unparsed = 'the response is not JSON';
  const type = (value: string) => ({ ...json, 'content-type': value });
  it.each([
    { what: 'it is not JSON', headers: json, text: 'canary@example.com', note: unparsed },
    { what: 'it ends in the middle', headers: json, text: '{"email":"canary@example.com"', note: unparsed },
    { what: 'it is empty', headers: json, text: '', note: unparsed },
    { what: 'it is HTML', headers: type('text/html'), text: '<p>canary@example.com', note: undeclared },
    { what: 'it says nothing of its type', headers: { 'request-id': 'req_1' }, text: '{}', note: undeclared },
    {
      what: 'its type only begins like JSON',
      headers: type('application/jsonx'),
      text: '{}',
      note: undeclared,
    },
    {
      what: 'its type only ends like JSON',
      headers: type('x-application/json'),
      text: '{}',
      note: undeclared,
    },
    { what: 'it is compressed', headers: { ...json, 'content-encoding': 'gzip' }, text: '{}', note: encoded },
  ])(
    'a response of status 200 is refused if $what, and logged without being quoted',
    ({ headers, text, note }) => {
      const failure = outcomeOf({ status: 200, headers, text });
      expect(failure).toMatchObject({
        code: 'UPSTREAM_INVALID_RESPONSE',
        effect: 'UNKNOWN',
        retryable: true,
        upstreamRequestId: 'req_1',
        operatorNote: note,
      });
      expect(JSON.stringify(failure) + (failure as UpstreamCallError).stack).not.toContain('canary');
    },
  );

  it('a response of status 200 gives its JSON or that failure, whatever the text', () => {
    const bytes = fc.uint8Array().map((array) => Buffer.from(array).toString('utf8'));
    fc.assert(
      fc.property(fc.oneof(fc.json(), bytes), (text) => {
        const outcome = outcomeOf({ status: 200, headers: json, text });
        if (outcome instanceof UpstreamCallError) expect(() => JSON.parse(text)).toThrow();
        else expect(outcome.body).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe('what an answer says of a failure', () => {
  it.each<{ body: unknown; words: object | undefined }>([
    {
      body: { error: { type: 'api_error', code: 'lock_timeout', param: 'event_type', message: 'canary' } },
      words: { type: 'api_error', code: 'lock_timeout', param: 'event_type' },
    },
    { body: { error: { type: 'api_error' } }, words: { type: 'api_error' } },
    { body: { error: {} }, words: {} },
    { body: { error: { type: 5, code: 'lock_timeout' } }, words: { code: 'lock_timeout' } },
    { body: { error: { type: ['x'], code: null, param: 'id' } }, words: { param: 'id' } },
    { body: { error: 'canary' }, words: undefined },
    { body: { code: 'lock_timeout' }, words: undefined },
    { body: ['error'], words: undefined },
    { body: null, words: undefined },
  ])('the error fields of a response are those that can be read, and no others: $body', ({ body, words }) => {
    expect(readErrorFields({ status: 400, headers: json, text: JSON.stringify(body) })).toEqual(words);
  });

  it.each(['', 'lock_timeout', '{"error":{"code":"lock_timeout"}'])(
    'the error fields of a response are undefined if it is not JSON: %j',
    (text) => {
      expect(readErrorFields({ status: 500, headers: json, text })).toBeUndefined();
    },
  );
});

describe('how long an answer asks to wait', () => {
  it.each<[value: string | string[] | undefined, ms: number | 'unreadable' | undefined]>([
    [undefined, undefined],
    ['0', 0],
    ['3', 3_000],
    ['120', 120_000],
    ['999999', 999_999_000],
    [['2', '5'], 2_000],
    ['1000000', 'unreadable'],
    ['', 'unreadable'],
    ['1.5', 'unreadable'],
    ['-1', 'unreadable'],
    ['5s', 'unreadable'],
    ['in 5', 'unreadable'],
    ['Fri, 31 Dec 2027 23:59:59 GMT', 'unreadable'],
  ])('the wait that a response asks for is read in seconds: %j', (value, ms) => {
    expect(retryAfterMs({ status: 429, headers: { 'retry-after': value }, text: '' })).toBe(ms);
  });
});

describe('a header of an answer', () => {
  it('a header of a response is the first if there are several', () => {
    const answer = { status: 200, headers: { one: 'a', several: ['b', 'c'] }, text: '' };
    expect(['one', 'several', 'none'].map((name) => header(answer, name))).toEqual(['a', 'b', undefined]);
  });
});

function outcomeOf(
  answer: Parameters<typeof readResponse>[0],
): ReturnType<typeof readResponse> | UpstreamCallError {
  try {
    return readResponse(answer);
  } catch (error) {
    if (error instanceof UpstreamCallError) return error;
    throw error;
  }
}
