import { getHeapStatistics } from 'node:v8';
import { OverloadedError } from '../errors/overloaded-error.ts';

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

/** A request body that has not arrived completely. */
export interface ArrivingBody {
  /** The bytes reserved for it. */
  readonly charged: number;
  /** Must release its bytes. */
  refuseBody(fault: Error): void;
}

/** Limits the total bytes of the request bodies in progress, by the heap size. Normal traffic never gets close. */
export class BodyBudget {
  #left = shareOfHeapInBytes();
  // Oldest first. Most bodies arrive in one piece and are never in it.
  readonly #arriving = new Set<ArrivingBody>();

  /**
   * Reserves bytes for a body. If there is no room, refuses bodies that began to arrive before this one, the oldest
   * first, so that clients that stall do not keep out clients that send promptly. Returns false, and refuses none, if
   * even that would not make enough room.
   */
  reserve(bytes: number, body: ArrivingBody): boolean {
    if (bytes > this.#left && !this.#makeRoom(bytes, body)) return false;
    this.#left -= bytes;
    return true;
  }

  #makeRoom(bytes: number, body: ArrivingBody): boolean {
    const older: ArrivingBody[] = [];
    let left = this.#left;
    for (const each of this.#arriving) {
      if (each === body || left >= bytes) break;
      older.push(each);
      left += each.charged;
    }
    if (left < bytes) return false;
    for (const each of older) each.refuseBody(new OverloadedError());
    return true;
  }

  /** More of the body will arrive. */
  addArriving(body: ArrivingBody): void {
    this.#arriving.add(body);
  }

  /** No more of the body will arrive, or none of it is wanted. */
  removeArriving(body: ArrivingBody): void {
    this.#arriving.delete(body);
  }

  release(bytes: number): void {
    this.#left += bytes;
  }
}
