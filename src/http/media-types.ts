import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

/** The media types that Apollo Server offers, in its order (`chooseContentTypeForSingleResultResponse`). */
const offered = [
  'application/json; charset=utf-8',
  'application/graphql-response+json; charset=utf-8',
  'application/json; callbackSpec=1.0; charset=utf-8',
];

/** Limits the length and number of cached `Accept` values: clients send a few dozen different ones. */
const maxLength = 200;
const maxKept = 100;

/** The media type of a response, as Apollo Server negotiates it, but before the operation runs. */
export class MediaTypes {
  readonly #byAccept = new LRUCache<string, string>({ max: maxKept });

  /** The media type for a request with this `Accept`; undefined if it allows none. */
  of(accept: string | undefined): string | undefined {
    // By RFC 9110, 12.5.1, a missing header allows every type. Apollo Server reads an empty one in the same way.
    if (accept === undefined || accept === '') return offered[0];
    const known = this.#byAccept.get(accept);
    if (known !== undefined) return known;
    const chosen = new Negotiator({ headers: { accept } }).mediaType(offered);
    if (chosen !== undefined && accept.length <= maxLength) this.#byAccept.set(accept, chosen);
    return chosen;
  }
}
