import { getHeapStatistics } from 'node:v8';

/**
 * A call holds three to four times its body until its response: the variables, and the form made of them. With a
 * quarter of the heap for all of that, the rest is free for responses.
 */
const shareOfHeap = 1 / 16;

/** The bytes that all request bodies, or all answers, may hold at once: a burst of the largest must not end the process. */
export function shareOfHeapInBytes(): number {
  return getHeapStatistics().heap_size_limit * shareOfHeap;
}

/** Limits the bytes of all request bodies in progress, by the heap of the process. Normal traffic never comes near. */
export class BodyBudget {
  #left = shareOfHeapInBytes();

  /** Reserves the bytes if there is room for them; otherwise returns false. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}
