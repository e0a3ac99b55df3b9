import { LRUCache } from 'lru-cache';

/** Limits the length and number of cached `Accept` values: clients send a few dozen different ones. */
const maxLength = 200;
const maxKept = 100;

/** Caches the media type that Apollo Server negotiated for each `Accept`, the only input of that negotiation. */
export class MediaTypes {
  // Apollo Server uses its default for a missing header as well as for an empty one.
  readonly #byAccept = new LRUCache<string, string>({ max: maxKept });

  /** Undefined if none has been negotiated yet. */
  get(accept = ''): string | undefined {
    return this.#byAccept.get(accept);
  }

  /** Caches the media type of a response to a request with this `Accept`. */
  learn(accept = '', mediaType: string | undefined): void {
    if (mediaType !== undefined && accept.length <= maxLength) this.#byAccept.set(accept, mediaType);
  }
}
