import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { BadRequestError } from '../errors/bad-request-error.ts';
import { OverloadedError } from '../errors/overloaded-error.ts';
import type { BodyBudget } from './body-memory-budget.ts';
import { closeGently } from './close-gently.ts';
import { UnfitRequest } from './unfit-request.ts';

/** Clients send chunks of kilobytes; a body of the default limit in chunks of 16 bytes still passes. */
const minPieces = 4_096;
const bytesPerPiece = 64;

export interface BodyLimits {
  readonly maxBytes: number;
  readonly budget: BodyBudget;
}

type Done = (fault: Error | null, body?: Buffer) => void;

/**
 * A request whose body costs what its bytes cost. Node keeps one Buffer for each chunk, ten times the size of a
 * one-byte chunk, up to 64 kB of bytes: forty such requests fill a container's heap. Here a body is one buffer, its
 * pieces are counted, and until `readBody` is called nothing more of it is read than came with its head.
 */
export class BoundedRequest extends IncomingMessage {
  readonly #limits: BodyLimits;
  #held: Buffer | undefined;
  #bytes = 0;
  #pieces = 0;
  #charged = 0;
  #fault: Error | undefined;
  #done: Done | undefined;
  #isCut = false;

  constructor(socket: Socket, limits: BodyLimits) {
    super(socket);
    this.#limits = limits;
    this.once('close', () => {
      // An error is made only for a body that is still awaited: its stack takes 2 µs to capture.
      if (this.isBodyAwaited) this.#settle(new UnfitRequest(400));
    });
  }

  /** Node's parser hands each piece of the body to this, and null at the end; false stops reading. */
  override push(piece: Buffer | null): boolean {
    if (piece === null) {
      if (this.#done !== undefined) this.#settle();
      return super.push(null);
    }
    if (this.#fault !== undefined) return false;
    this.#pieces += 1;
    const fault = this.#hold(piece);
    if (fault !== undefined) {
      this.refuseBody(fault);
      return false;
    }
    // Whole already: stopping and starting the socket would be for nothing.
    return this.#done !== undefined || this.#bytes === this.#announced;
  }

  // Node calls it to read away what nobody has read: not of a connection that is about to be closed.
  override _read(size: number): void {
    if (!this.#isCut) super._read(size);
  }

  /** Reads the body, and calls `done` once: with all of it, or with why it is refused. */
  readBody(done: Done): void {
    this.#done = done;
    if (this.#fault === undefined && (this.#announced ?? 0) > this.#limits.maxBytes) {
      this.#fault = new UnfitRequest(413);
    }
    if (this.#fault !== undefined) this.#settle(this.#fault);
    else if (this.complete) this.#settle();
    else this._read(0);
  }

  /** Whether `readBody` was called, and has not called back yet. */
  get isBodyAwaited(): boolean {
    return this.#done !== undefined;
  }

  /** Stops reading the body; its promise rejects with the reason. */
  refuseBody(fault: Error): void {
    this.#fault = fault;
    this.release();
    this.#settle(fault);
  }

  /**
   * Whether an answer that is sent now must close the connection, because reading the rest of the body away costs more
   * than a new connection: it comes in chunks, it is too large, or nobody knows its sender. If so, reading stops.
   */
  closesUnread(isKnown: boolean): boolean {
    if (this.complete || !this.#hasBody) return false;
    const isCheap =
      isKnown && this.#fault === undefined && (this.#announced ?? Infinity) <= this.#limits.maxBytes;
    if (isCheap) return false;
    this.#isCut = true;
    this.socket.pause();
    closeGently(this.socket);
    return true;
  }

  /** Forgets the body; its request has been answered, or is gone. */
  release(): void {
    this.#limits.budget.giveBack(this.#charged);
    this.#charged = 0;
    this.#held = undefined;
  }

  get #announced(): number | undefined {
    const length = this.headers['content-length'];
    return length === undefined ? undefined : Number(length);
  }

  get #hasBody(): boolean {
    return this.headers['transfer-encoding'] !== undefined || (this.#announced ?? 0) > 0;
  }

  #hold(piece: Buffer): Error | undefined {
    const { maxBytes } = this.#limits;
    const bytes = this.#bytes + piece.length;
    if (bytes > maxBytes) return new UnfitRequest(413);
    if (this.#pieces > Math.max(minPieces, maxBytes / bytesPerPiece)) return BadRequestError.tooManyPieces();
    const held = this.#held;
    if (held === undefined) {
      // Most bodies come in one piece, which needs no copy.
      if (!this.#charge(bytes)) return new OverloadedError();
      this.#held = piece;
    } else {
      if (bytes > held.length) {
        const room = Math.min(Math.max(bytes, 2 * held.length, 1_024), maxBytes);
        if (!this.#charge(room)) return new OverloadedError();
        this.#held = Buffer.allocUnsafeSlow(room);
        held.copy(this.#held, 0, 0, this.#bytes);
      }
      piece.copy(this.#held as Buffer, this.#bytes);
    }
    this.#bytes = bytes;
    return undefined;
  }

  #charge(room: number): boolean {
    const more = room - this.#charged;
    const isTaken = this.#limits.budget.take(more);
    if (isTaken) this.#charged = room;
    return isTaken;
  }

  #settle(fault: Error | null = null): void {
    const done = this.#done;
    if (done === undefined) return;
    this.#done = undefined;
    done(fault, this.#held?.subarray(0, this.#bytes) ?? Buffer.alloc(0));
  }
}

/** The class of requests that Node's server is to make. */
export function boundedRequests(limits: BodyLimits): typeof IncomingMessage {
  return class extends BoundedRequest {
    constructor(socket: Socket) {
      super(socket, limits);
    }
  };
}
