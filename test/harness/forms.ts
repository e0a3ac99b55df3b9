import fc from 'fast-check';
import qs from 'qs';
import type { FormHash, FormValue } from '../../src/stripe/http/form-encoding.ts';
import { wellFormedText } from './texts.ts';

/** The fields of a form, each name and value decoded, in order. */
export function formFields(body: string): [name: string, value: string][] {
  return [...new URLSearchParams(body)];
}

/** A form as `qs`, which is none of the gateway's own code, understands it. */
export function decodeForm(body: string): unknown {
  return qs.parse(body, { depth: 10, parameterLimit: Infinity, arrayLimit: 1000, plainObjects: false });
}

// Names are the gateway's own and look like this; only strings come from clients.
const parameterName = fc.stringMatching(/^[a-z][a-z_]{0,8}$/);

/** What a form is made of: no hash or array in it is empty, since a form has no way to say so. */
export const { hash: formHash } = fc.letrec<{ hash: FormHash; value: FormValue }>((tie) => ({
  hash: fc.dictionary(parameterName, tie('value'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    wellFormedText,
    tie('hash'),
    fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
  ),
}));
