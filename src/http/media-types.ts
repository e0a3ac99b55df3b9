import { LRUCache } from 'lru-cache';

/** The longest `Accept` that is kept, and how many: clients send a few dozen. */
const maxLength = 200;
const maxKept = 100;

/**
 * The media types of responses by the `Accept` of their requests, as Apollo Server has negotiated them: that depends on
 * nothing else.
 */
export class MediaTypes {
  // Without the header as with an empty one, Apollo Server takes its default.
  readonly #byAccept = new LRUCache<string, string>({ max: maxKept });

  /** Undefined where none has been negotiated yet. */
  get(accept = ''): string | undefined {
    return this.#byAccept.get(accept);
  }

  /** Keeps what a response to a request with this `Accept` had. */
  learn(accept = '', mediaType: string | undefined): void {
    if (mediaType !== undefined && accept.length <= maxLength) this.#byAccept.set(accept, mediaType);
  }
}
