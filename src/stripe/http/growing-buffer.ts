const empty = Buffer.alloc(0);
/** Large enough for an evaluation, so that almost no response is copied twice. */
const leastBufferBytes = 2 * 1024;

/**
 * Bytes in one piece of memory. A list of chunks would keep an object and the socket's read buffer for each of them: a
 * hundred times the bytes if each chunk is one byte.
 */
export class GrowingBuffer {
  #bytes: Buffer = empty;
  #length = 0;

  append(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length, leastBufferBytes));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length = length;
  }

  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }
}
