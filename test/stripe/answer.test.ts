import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/errors/failure.ts';
import { readAnswer } from '../../src/stripe/answer.ts';

const json = { 'content-type': 'application/json', 'request-id': 'req_1' };

describe('an answer of status 200', () => {
  it.each([
    { what: 'plain', headers: json },
    { what: 'with a charset', headers: { ...json, 'content-type': 'application/json; charset=utf-8' } },
    { what: 'in capitals', headers: { ...json, 'content-type': 'Application/JSON' } },
    { what: 'encoded as itself', headers: { ...json, 'content-encoding': 'identity' } },
  ])('is read when it is JSON, $what', ({ headers }) => {
    const answer = readAnswer({ status: 200, headers, text: '{"id":"ceval_1"}' });
    expect(answer).toEqual({ body: { id: 'ceval_1' }, requestId: 'req_1' });
  });

  it.each([
    { what: 'it is not JSON', headers: json, text: 'canary@example.com' },
    { what: 'it ends in the middle', headers: json, text: '{"email":"canary@example.com"' },
    { what: 'it is empty', headers: json, text: '' },
    { what: 'it is HTML', headers: { ...json, 'content-type': 'text/html' }, text: '<p>canary@example.com' },
    { what: 'it says nothing of its type', headers: { 'request-id': 'req_1' }, text: '{}' },
    {
      what: 'its type only begins like JSON',
      headers: { ...json, 'content-type': 'application/jsonx' },
      text: '{}',
    },
    { what: 'it is compressed', headers: { ...json, 'content-encoding': 'gzip' }, text: '{}' },
  ])('is refused when $what, without being quoted', ({ headers, text }) => {
    const failure = outcomeOf({ status: 200, headers, text });
    expect(failure).toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
      effect: 'UNKNOWN',
      retryable: true,
      upstreamRequestId: 'req_1',
    });
    expect(JSON.stringify(failure) + (failure as Failure).stack).not.toContain('canary');
  });

  it('gives its JSON or that failure, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (text) => {
        const outcome = outcomeOf({ status: 200, headers: json, text });
        if (outcome instanceof Failure) expect(() => JSON.parse(text)).toThrow();
        else expect(outcome.body).toEqual(JSON.parse(text));
      }),
    );
  });
});

function outcomeOf(answer: Parameters<typeof readAnswer>[0]): ReturnType<typeof readAnswer> | Failure {
  try {
    return readAnswer(answer);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
