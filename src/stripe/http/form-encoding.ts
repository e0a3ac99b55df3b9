import type { RequestBody } from './transport.ts';

/** A tree of parameters: strings at the leaves, hashes and arrays above. `undefined` is not sent. */
export type FormValue = string | readonly FormValue[] | FormHash;
export interface FormHash {
  readonly [name: string]: FormValue | undefined;
}

/** Parameters as the body of a v1 request. */
export function formBody(params: FormHash): RequestBody {
  return { contentType: 'application/x-www-form-urlencoded', text: encodeForm(params) };
}

/**
 * Encodes parameters as Stripe's `application/x-www-form-urlencoded` dialect: hashes as `a[b]`, arrays by index as
 * `a[0]`, brackets bare, a space as `%20`. The bytes equal those of Stripe's own SDK, except for brackets within a
 * value: the SDK leaves them bare; here they are encoded, so that no parser can mistake them for structure.
 *
 * Names and values are percent-encoded one by one, so that no string can end its own field and begin another. Throws a
 * `URIError` for an unpaired surrogate, which has no UTF-8 form; the translation refuses those earlier.
 */
export function encodeForm(params: FormHash): string {
  const fields: string[] = [];
  for (const name of Object.keys(params)) {
    appendFields(fields, percentEncoded(name), params[name]);
  }
  return fields.join('&');
}

function appendFields(fields: string[], name: string, value: FormValue | undefined): void {
  if (value === undefined) return;
  if (typeof value === 'string') {
    fields.push(`${name}=${percentEncoded(value)}`);
    return;
  }
  if (isArray(value)) {
    for (const [index, item] of value.entries()) appendFields(fields, `${name}[${index}]`, item);
    return;
  }
  // Not `Object.entries`, which allocates an array for each field.
  for (const key in value) appendFields(fields, `${name}[${percentEncoded(key)}]`, value[key]);
}

// `Array.isArray` does not narrow to a readonly array.
function isArray(value: FormHash | readonly FormValue[]): value is readonly FormValue[] {
  return Array.isArray(value);
}

// RFC 3986 reserves `!'()*` too, but encodeURIComponent, which is older, leaves them bare.
function percentEncoded(text: string): string {
  if (unreserved.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

// RFC 3986, 2.3: unreserved characters encode to themselves. All our names and most values consist of them.
const unreserved = /^[\w.~-]*$/;
