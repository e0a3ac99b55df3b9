import { getHeapStatistics } from 'node:v8';

/**
 * Until its response is sent, a call holds three to four times the size of its body: the variables, and the form built
 * from them. So bodies that fill 1/16 of the heap take up to a quarter of it.
 */
const shareOfHeap = 1 / 16;

/**
 * The maximum bytes of all request bodies, or of all responses, at once: a burst of the largest must not exhaust the
 * heap.
 */
export function shareOfHeapInBytes(): number {
  return getHeapStatistics().heap_size_limit * shareOfHeap;
}

/** Limits the total bytes of the request bodies in progress, by the heap size. Normal traffic never gets close. */
export class BodyBudget {
  #left = shareOfHeapInBytes();

  /** Reserves the bytes if there is room for them; otherwise returns false. */
  reserve(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  release(bytes: number): void {
    this.#left += bytes;
  }
}
