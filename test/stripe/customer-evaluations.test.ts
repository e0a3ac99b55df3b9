import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evaluationPath, isEvaluationId } from '../../src/stripe/customer-evaluations.ts';
import { wellFormedText } from '../harness/texts.ts';

const collection = '/v1/radar/customer_evaluations/';

describe('the URL of an evaluation', () => {
  it.each([
    { id: 'ceval_1STAJ19XxSPY66dBEesAnzjw', path: `${collection}ceval_1STAJ19XxSPY66dBEesAnzjw` },
    { id: 'ceval_1?expand[]=x#y', path: `${collection}ceval_1%3Fexpand%5B%5D%3Dx%23y` },
    { id: '%2e%2e', path: `${collection}%252e%252e` },
  ])('the URL of an evaluation holds $id as one segment', ({ id, path }) => {
    expect(isEvaluationId(id)).toBe(true);
    expect(evaluationPath(id)).toBe(path);
  });

  it.each([
    { what: 'empty', id: '' },
    { what: 'a dot', id: '.' },
    { what: 'two dots', id: '..' },
    { what: 'a path', id: '../customers/cus_1' },
    { what: 'a path with backslashes', id: '..\\customers' },
    { what: 'longer than any id', id: 'c'.repeat(256) },
    { what: 'half of a surrogate pair', id: '\ud800' },
  ])('the URL of an evaluation does not exist for an id that is $what', ({ id }) => {
    expect(isEvaluationId(id)).toBe(false);
  });

  it('the URL of an evaluation stays below the evaluations whatever the id, as a URL parser reads it', () => {
    const climbing = fc
      .array(fc.constantFrom('.', '..', '/', '\\', '%2e', '%2F', '?', '#', '@', ':', '\t', '\n', 'x'), {
        maxLength: 8,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(wellFormedText, climbing), (id) => {
        if (!isEvaluationId(id)) return;
        const path = evaluationPath(id);
        const url = new URL(`https://api.stripe.com${path}`);
        expect(url.origin).toBe('https://api.stripe.com');
        expect(url.search + url.hash).toBe('');
        expect(url.pathname.startsWith(collection)).toBe(true);
        expect(decodeURIComponent(url.pathname.slice(collection.length))).toBe(id);
      }),
      { numRuns: 500 },
    );
  });
});
