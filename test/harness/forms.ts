import fc from 'fast-check';
import qs from 'qs';
import type { FormHash, FormValue } from '../../src/stripe/http/form-encoding.ts';
import { wellFormedText } from './texts.ts';

/** The fields of a form in order, with names and values decoded. */
export function formFields(body: string): [name: string, value: string][] {
  return [...new URLSearchParams(body)];
}

/** A form as `qs`, an independent library, parses it. */
export function decodeForm(body: string): unknown {
  return qs.parse(body, { depth: 10, parameterLimit: Infinity, arrayLimit: 1000, plainObjects: false });
}

// The gateway chooses all names, and they look like this. Only strings come from clients.
const parameterName = fc.stringMatching(/^[a-z][a-z_]{0,8}$/);

/** A value to encode. No hash or array is empty, because a form cannot express that. */
export const { hash: formHash } = fc.letrec<{ hash: FormHash; value: FormValue }>((tie) => ({
  hash: fc.dictionary(parameterName, tie('value'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    wellFormedText,
    tie('hash'),
    fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
  ),
}));
