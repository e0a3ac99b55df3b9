import type { ServerResponse } from 'node:http';
import { shareOfHeapInBytes } from './body-memory-budget.ts';

/** Why a response was cut off: its client read too slowly, or other responses needed the memory. */
export type CutOffReason = 'timeout' | 'memory';

export interface SlowReadersOptions {
  readonly timeoutMs: number;
  readonly onCutOff: (reason: CutOffReason) => void;
  /** The maximum bytes of all responses that are being sent. */
  readonly maxBytes?: number;
}

interface Answer {
  readonly bytes: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Disconnects clients that do not read their responses: a response stays in memory until it is read. Each has a time
 * limit, and all together a share of the heap; above it, the oldest response is cut off. The client can retry with the
 * same idempotency key.
 */
export class SlowReaders {
  readonly #options: Required<SlowReadersOptions>;
  // Oldest first.
  readonly #answers = new Map<ServerResponse, Answer>();
  #bytes = 0;

  constructor(options: SlowReadersOptions) {
    this.#options = { maxBytes: shareOfHeapInBytes(), ...options };
  }

  /** Must be called before a response of this size is sent. */
  watch(response: ServerResponse, bytes: number): void {
    if (this.#answers.has(response) || response.destroyed) return;
    this.#answers.set(response, { bytes, timer: undefined });
    this.#bytes += bytes;
    response.once('close', () => this.#forget(response));
    // A response that is queued behind others on its connection has no socket yet, and its time has not started.
    if (response.socket === null) response.once('socket', () => this.#start(response));
    else this.#start(response);
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#options.maxBytes || oldest === response) return;
      this.#cutOff(oldest, 'memory');
    }
  }

  #start(response: ServerResponse): void {
    const answer = this.#answers.get(response);
    if (answer === undefined) return;
    answer.timer = setTimeout(() => this.#cutOff(response, 'timeout'), this.#options.timeoutMs).unref();
  }

  #cutOff(response: ServerResponse, reason: CutOffReason): void {
    this.#forget(response);
    this.#options.onCutOff(reason);
    response.req.socket.destroy();
  }

  #forget(response: ServerResponse): void {
    const answer = this.#answers.get(response);
    if (answer === undefined) return;
    this.#answers.delete(response);
    this.#bytes -= answer.bytes;
    clearTimeout(answer.timer);
  }
}

/** The bytes of memory that only this response uses. */
export function bytesOf(payload: unknown): number {
  // A Buffer is a page's asset, which all responses share.
  return typeof payload === 'string' ? Buffer.byteLength(payload) : 0;
}
