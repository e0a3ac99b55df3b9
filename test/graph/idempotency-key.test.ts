import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import { generateIdempotencyKey, scopeIdempotencyKey } from '../../src/graph/idempotency-key.ts';

const printable = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 255 });

describe('the key of a call', () => {
  it('the key of a call is returned as the client wrote it, and sent as 64 hexadecimal digits', () => {
    fc.assert(
      fc.property(printable, (key) => {
        const scoped = scopeIdempotencyKey({ caller: 'caller' }, 'createCustomerEvaluation', key);
        expect(scoped.client).toBe(key);
        expect(scoped.upstream).toMatch(/^[0-9a-f]{64}$/);
      }),
    );
  });

  it('the key of a call is the same upstream for the same caller, mutation and key, and for no others', () => {
    // The same letters, divided in two ways: mere concatenation would make them equal.
    const cut = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
    const letters = fc.string({
      unit: fc.constantFrom('a', '"', ',', ' ', '[', '\\'),
      minLength: 7,
      maxLength: 9,
    });
    const inParts = (text: string, [first, second]: [number, number]): [string, string, string] => [
      text.slice(0, first),
      text.slice(first, first + second),
      text.slice(first + second),
    ];
    fc.assert(
      fc.property(letters, cut, cut, (text, one, other) => {
        const keyOf = ([caller, mutation, key]: [string, string, string]): string =>
          scopeIdempotencyKey({ caller }, mutation, key).upstream;
        const same = keyOf(inParts(text, one)) === keyOf(inParts(text, other));
        expect(same).toBe(one[0] === other[0] && one[1] === other[1]);
      }),
    );
  });

  it('the key of a call is different for each Stripe account', () => {
    const keys = [undefined, 'acct_1', 'acct_2'].map(
      (account) =>
        scopeIdempotencyKey({ caller: 'caller', account }, 'createCustomerEvaluation', 'key').upstream,
    );
    expect(new Set(keys).size).toBe(3);
  });

  it('the key of a call is generated if it has none, and a retry with it is the same call', () => {
    const drawn = [1, 2, 3].map(() =>
      generateIdempotencyKey({ caller: 'caller' }, 'createCustomerEvaluation'),
    );
    expect(new Set(drawn.map((key) => key.upstream)).size).toBe(3);
    for (const { client, upstream } of drawn) {
      expect(scopeIdempotencyKey({ caller: 'caller' }, 'createCustomerEvaluation', client).upstream).toBe(
        upstream,
      );
    }
  });

  it.each([
    { what: 'empty', key: '' },
    { what: 'of 256 characters', key: 'k'.repeat(256) },
    { what: 'with a line end, which could end a header', key: 'a\r\nx-other: 1' },
    { what: 'with a line end at its end', key: 'a\n' },
    { what: 'with a tab', key: 'a\tb' },
    { what: 'with a NUL', key: 'a\0' },
    { what: 'with an accent', key: 'clé' },
    { what: 'with half of a surrogate pair', key: '\ud800' },
  ])('the key of a call is refused when $what, without being quoted', ({ key }) => {
    const failure = refusalOf(key);
    expect(failure).toMatchObject({
      code: 'BAD_USER_INPUT',
      effect: 'NONE',
      problems: [{ path: ['input', 'idempotencyKey'] }],
    });
    if (key !== '') expect(failure?.message).not.toContain(key);
  });

  it('the key of a call is refused exactly when it is not 1 to 255 printable ASCII characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 4 }), (key) => {
        const permitted =
          key.length > 0 && [...key].every((character) => character >= ' ' && character <= '~');
        expect(refusalOf(key) === undefined).toBe(permitted);
      }),
    );
  });
});

function refusalOf(key: string): UpstreamCallError | undefined {
  try {
    scopeIdempotencyKey({ caller: 'caller' }, 'createCustomerEvaluation', key);
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamCallError) return error;
    throw error;
  }
}
