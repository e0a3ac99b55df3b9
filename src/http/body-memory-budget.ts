import { getHeapStatistics } from 'node:v8';

/**
 * A call holds three to four times its body until it is answered: the variables, and the form made of them. With a
 * quarter of the heap for all of that, the rest is free for what an answer takes.
 */
const shareOfHeap = 1 / 16;

/** The bytes that all request bodies, or all answers, may hold at once: a burst of the largest must not end the process. */
export function shareOfHeapInBytes(): number {
  return getHeapStatistics().heap_size_limit * shareOfHeap;
}

/** Bounds the bytes of all request bodies under way, by the heap of the process. Ordinary ones never come near. */
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
