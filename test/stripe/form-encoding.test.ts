import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import qs from 'qs';
import { encodeForm, type FormHash, type FormValue } from '../../src/stripe/http/form-encoding.ts';
import { decodeForm, formFields, formHash } from '../harness/forms.ts';
import { wellFormedText } from '../harness/texts.ts';

const fieldName = /^[a-z_]+(\[(\d+|[a-z_]+)\])*$/;

describe('the form that is sent to Stripe', () => {
  it.each<{ what: string; params: FormHash; form: string }>([
    { what: 'a string under its name', params: { event_type: 'login' }, form: 'event_type=login' },
    { what: 'a hash in brackets', params: { a: { b: { c: 'd' } } }, form: 'a[b][c]=d' },
    { what: 'an array by index', params: { a: ['x', 'y'] }, form: 'a[0]=x&a[1]=y' },
    { what: 'hashes within arrays', params: { a: [{ b: 'x' }, { b: 'y' }] }, form: 'a[0][b]=x&a[1][b]=y' },
    { what: 'a space as %20, a plus as %2B', params: { a: 'x y+z' }, form: 'a=x%20y%2Bz' },
    { what: 'text as UTF-8', params: { a: 'é😀' }, form: 'a=%C3%A9%F0%9F%98%80' },
    { what: 'what ends a field, encoded', params: { a: '&=[]%' }, form: 'a=%26%3D%5B%5D%25' },
    { what: 'line ends as they are', params: { a: '\r\n' }, form: 'a=%0D%0A' },
    { what: 'nothing for undefined', params: { a: undefined, b: { c: undefined, d: 'e' } }, form: 'b[d]=e' },
    { what: 'nothing for nothing', params: { a: {}, b: [] }, form: '' },
    { what: 'brackets in a name, encoded', params: { 'a[b]': { 'c&d': 'e' } }, form: 'a%5Bb%5D[c%26d]=e' },
  ])('the form that is sent to Stripe writes $what', ({ params, form }) => {
    expect(encodeForm(params)).toBe(form);
  });

  it('the form that is sent to Stripe refuses half of a surrogate pair rather than sending something else', () => {
    expect(() => encodeForm({ a: '\ud800' })).toThrow(URIError);
  });

  it('the form that is sent to Stripe decodes to what was encoded', () => {
    fc.assert(
      fc.property(formHash, (params) => {
        expect(decodeForm(encodeForm(params))).toEqual(params);
      }),
    );
  });

  it('the form that is sent to Stripe equals that of qs byte for byte', () => {
    fc.assert(
      fc.property(formHash, (params) => {
        expect(encodeForm(params)).toBe(qs.stringify(params, { encodeValuesOnly: true }));
      }),
    );
  });

  it('the form that is sent to Stripe has one field for each string, and every field’s name is made of parameter names and indices', () => {
    fc.assert(
      fc.property(formHash, (params) => {
        const fields = encodeForm(params).split('&');
        expect(fields).toHaveLength(strings(params).length);
        for (const field of fields) expect(field.slice(0, field.indexOf('='))).toMatch(fieldName);
      }),
    );
  });

  it('the form that is sent to Stripe lets no string forge, hide or rename a field', () => {
    fc.assert(
      fc.property(wellFormedText, wellFormedText, (first, second) => {
        const form = encodeForm({ a: { b: first }, c: [second], d: 'last' });
        expect(formFields(form)).toEqual([
          ['a[b]', first],
          ['c[0]', second],
          ['d', 'last'],
        ]);
      }),
    );
  });
});

function strings(value: FormValue | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(strings);
}
