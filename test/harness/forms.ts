import qs from 'qs';

/** The fields of a form, each name and value decoded, in order. */
export function formFields(body: string): [name: string, value: string][] {
  return [...new URLSearchParams(body)];
}

/** A form as `qs`, which is none of the gateway's own code, understands it. */
export function decodeForm(body: string): unknown {
  return qs.parse(body, { depth: 10, parameterLimit: Infinity, arrayLimit: 1000, plainObjects: false });
}
