import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import qs from 'qs';
import Stripe from 'stripe';
import { encodeForm, type FormHash, type FormValue } from '../../src/stripe/http/form-encoding.ts';
import { decodeForm, formFields } from '../harness/forms.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { wellFormedText } from '../harness/texts.ts';

// Names are the gateway's own and look like this; only strings come from clients.
const parameterName = fc.stringMatching(/^[a-z][a-z_]{0,8}$/);
const fieldName = /^[a-z_]+(\[(\d+|[a-z_]+)\])*$/;

// No hash or array is empty: a form has no way to say so.
const { hash } = fc.letrec<{ hash: FormHash; value: FormValue }>((tie) => ({
  hash: fc.dictionary(parameterName, tie('value'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    wellFormedText,
    tie('hash'),
    fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
  ),
}));

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
      fc.property(hash, (params) => {
        expect(decodeForm(encodeForm(params))).toEqual(params);
      }),
    );
  });

  it('the form that is sent to Stripe equals that of qs byte for byte', () => {
    fc.assert(
      fc.property(hash, (params) => {
        expect(encodeForm(params)).toBe(qs.stringify(params, { encodeValuesOnly: true }));
      }),
    );
  });

  it('the form that is sent to Stripe has one field for each string, and every field’s name is made of parameter names and indices', () => {
    fc.assert(
      fc.property(hash, (params) => {
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

describe('the form beside the one that Stripe’s own SDK sends', () => {
  let upstream: RecordingUpstream;
  let stripe: Stripe;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, {});
    const { hostname, port } = new URL(upstream.url);
    stripe = new Stripe('sk_test_1', { host: hostname, port, protocol: 'http', telemetry: false });
  });
  afterAll(() => upstream.close());

  const sentBySdk = async (params: FormHash): Promise<string> => {
    upstream.requests.length = 0;
    await stripe.rawRequest('POST', '/v1/radar/customer_evaluations', params as Record<string, unknown>);
    expect(upstream.requests).toHaveLength(1);
    return upstream.requests[0]?.body ?? '';
  };

  it('the form beside the one that Stripe’s own SDK sends means the same', async () => {
    await fc.assert(
      fc.asyncProperty(hash, async (params) => {
        expect(decodeForm(encodeForm(params))).toEqual(decodeForm(await sentBySdk(params)));
      }),
    );
  });

  // The SDK bares every bracket after encoding, those that a person wrote included. They mean the same bare or
  // not, but encoded they can't be taken for structure by any parser.
  it('the form beside the one that Stripe’s own SDK sends is the same byte for byte, except for brackets in a value', async () => {
    await fc.assert(
      fc.asyncProperty(hash, async (params) => {
        const bared = encodeForm(params).replaceAll('%5B', '[').replaceAll('%5D', ']');
        expect(bared).toBe(await sentBySdk(params));
      }),
    );
  });
});

function strings(value: FormValue | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(strings);
}
