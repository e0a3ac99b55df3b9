const empty = Buffer.alloc(0);
/** Holds an evaluation, so that almost no answer is copied twice. */
const leastBufferBytes = 2 * 1024;

/**
 * Bytes in one piece of memory. A list of the pieces as they come would hold an object, and what the socket read at that
 * time, for each of them: a hundred times the bytes where each piece is one.
 */
export class GrowingBuffer {
  #bytes: Buffer = empty;
  #length = 0;

  append(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length, leastBufferBytes));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = length;
  }

  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }
}
