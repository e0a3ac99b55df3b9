import type { RequestBody } from './transport.ts';

/** Parameters as the body of a v2 request; undefined members are left out. */
export function jsonBody(params: object): RequestBody {
  return { contentType: 'application/json', text: JSON.stringify(params) };
}
