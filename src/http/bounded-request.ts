import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { BadRequestError } from '../errors/bad-request-error.ts';
import { OverloadedError } from '../errors/overloaded-error.ts';
import type { BodyBudget } from './body-memory-budget.ts';
import { lingerOnClose } from './close-gently.ts';
import { HttpError } from './http-error.ts';

/**
 * Clients send chunks of kilobytes. The limit still admits a body of the default maximum size in chunks of 16 bytes.
 */
const minChunks = 4_096;
const bytesPerChunk = 64;

export interface BodyLimits {
  readonly maxBytes: number;
  readonly budget: BodyBudget;
}

type Done = (fault: Error | null, body?: Buffer) => void;

/**
 * A request whose body takes no more memory than its bytes. Node keeps one Buffer for each chunk, up to 64 kB of bytes,
 * and a Buffer is much larger than a one-byte chunk: forty requests in tiny chunks fill a container's heap. Here a body
 * is one buffer, its chunks are counted, and until `readBody` is called only the part that came with the headers is
 * read.
 */
export class BoundedRequest extends IncomingMessage {
  readonly #limits: BodyLimits;
  #held: Buffer | undefined;
  #bytes = 0;
  #chunks = 0;
  /** The bytes reserved for the body. */
  charged = 0;
  #fault: Error | undefined;
  #done: Done | undefined;
  #isRead = false;
  #isUnwanted = false;
  #isCut = false;

  constructor(socket: Socket, limits: BodyLimits) {
    super(socket);
    this.#limits = limits;
    this.on('close', () => {
      // The error is created only if the body is still awaited: capturing its stack takes 2 µs.
      if (this.isBodyAwaited) this.#settle(new HttpError(400));
    });
  }

  /** Node's parser calls this with each chunk of the body, and with null at the end; returning false stops reading. */
  override push(chunk: Buffer | null): boolean {
    const { budget } = this.#limits;
    if (chunk === null) {
      budget.removeArriving(this);
      if (this.#done !== undefined) this.#settle();
      return super.push(null);
    }
    if (this.#fault !== undefined || this.#isUnwanted) return false;
    this.#chunks += 1;
    const fault = this.#hold(chunk);
    if (fault !== undefined) {
      this.refuseBody(fault);
      return false;
    }
    const isComplete = this.#bytes === this.#announced;
    if (!isComplete) budget.addArriving(this);
    // Of a complete body nothing follows, so pausing and resuming the socket would be pointless.
    return this.#done !== undefined || isComplete;
  }

  // Node calls this to discard an unread body. Skipped on a connection that is about to be closed.
  override _read(size: number): void {
    if (!this.#isCut) super._read(size);
  }

  /** Reads the body, and calls `done` once: with the whole body, or with the error that refuses it. */
  readBody(done: Done): void {
    this.#isRead = true;
    this.#done = done;
    if (this.#fault === undefined && (this.#announced ?? 0) > this.#limits.maxBytes) {
      this.#fault = new HttpError(413);
    }
    if (this.#fault !== undefined) this.#settle(this.#fault);
    else if (this.complete) this.#settle();
    else this._read(0);
  }

  /** Whether `readBody` was called and has not called back yet. */
  get isBodyAwaited(): boolean {
    return this.#done !== undefined;
  }

  /** Stops reading the body; `done` gets the reason. */
  refuseBody(fault: Error): void {
    this.#fault = fault;
    this.release();
    this.#settle(fault);
  }

  /**
   * Gives up a body that nobody has read, before a response. Returns whether the response must close the connection,
   * because reading the rest of the body costs more than a new connection: the body is chunked or too large, or its
   * sender is unauthenticated. If so, reading stops.
   */
  discardUnreadBody(isKnown: boolean): boolean {
    // Released now: a pipelined response is sent only after those before it.
    if (!this.#isRead) {
      this.#isUnwanted = true;
      this.release();
    }
    if (this.complete || !this.#hasBody) return false;
    const isCheap =
      isKnown && this.#fault === undefined && (this.#announced ?? Infinity) <= this.#limits.maxBytes;
    if (isCheap) return false;
    this.#isCut = true;
    this.socket.pause();
    lingerOnClose(this.socket);
    return true;
  }

  /** Releases the body, once its request has been answered or aborted. */
  release(): void {
    this.#limits.budget.removeArriving(this);
    this.#limits.budget.release(this.charged);
    this.charged = 0;
    this.#held = undefined;
  }

  get #announced(): number | undefined {
    const length = this.headers['content-length'];
    return length === undefined ? undefined : Number(length);
  }

  get #hasBody(): boolean {
    return this.headers['transfer-encoding'] !== undefined || (this.#announced ?? 0) > 0;
  }

  #hold(chunk: Buffer): Error | undefined {
    const { maxBytes } = this.#limits;
    const bytes = this.#bytes + chunk.length;
    if (bytes > maxBytes) return new HttpError(413);
    if (this.#chunks > Math.max(minChunks, maxBytes / bytesPerChunk)) return BadRequestError.tooManyChunks();
    const held = this.#held;
    if (held === undefined) {
      // Most bodies come in one chunk, which needs no copy.
      if (!this.#charge(bytes)) return new OverloadedError();
      this.#held = chunk;
    } else {
      if (bytes > held.length) {
        const room = Math.min(Math.max(bytes, 2 * held.length, 1_024), maxBytes);
        if (!this.#charge(room)) return new OverloadedError();
        this.#held = Buffer.allocUnsafeSlow(room);
        held.copy(this.#held, 0, 0, this.#bytes);
      }
      chunk.copy(this.#held as Buffer, this.#bytes);
    }
    this.#bytes = bytes;
    return undefined;
  }

  #charge(room: number): boolean {
    const more = room - this.charged;
    const isReserved = this.#limits.budget.reserve(more, this);
    if (isReserved) this.charged = room;
    return isReserved;
  }

  #settle(fault: Error | null = null): void {
    const done = this.#done;
    if (done === undefined) return;
    this.#done = undefined;
    const body = this.#held?.subarray(0, this.#bytes) ?? Buffer.alloc(0);
    // `done` parses the body, so its bytes are not kept while the call waits. The charge stays, for the parsed body.
    this.#held = undefined;
    done(fault, body);
    // Ends the stream: all chunks have arrived. Node's parser keeps an unread request until the next one arrives.
    if (fault === null) this.resume();
  }
}

/** The request class for Node's server. */
export function boundedRequests(limits: BodyLimits): typeof IncomingMessage {
  return class extends BoundedRequest {
    constructor(socket: Socket) {
      super(socket, limits);
    }
  };
}
