import type { ServerResponse } from 'node:http';
import { shareOfHeapInBytes } from './body-memory-budget.ts';

/** Why a response was not read to its end: its client took too long, or others needed the memory. */
export type CutOffReason = 'timeout' | 'memory';

export interface SlowReadersOptions {
  readonly timeoutMs: number;
  readonly onCutOff: (reason: CutOffReason) => void;
  /** How much all answers under way may hold together. */
  readonly maxBytes?: number;
}

interface Answer {
  readonly bytes: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Disconnects clients that do not read their responses: a response stays in memory until it is read. Each has a time limit,
 * and all together a share of the heap; where that is not enough, the oldest answer is given up. What it tells of can
 * be asked for again with the same idempotency key.
 */
export class SlowReaders {
  readonly #options: Required<SlowReadersOptions>;
  // Oldest first.
  readonly #answers = new Map<ServerResponse, Answer>();
  #bytes = 0;

  constructor(options: SlowReadersOptions) {
    this.#options = { maxBytes: shareOfHeapInBytes(), ...options };
  }

  /** Call before a response of this many bytes is sent. */
  watch(response: ServerResponse, bytes: number): void {
    if (this.#answers.has(response) || response.destroyed) return;
    this.#answers.set(response, { bytes, timer: undefined });
    this.#bytes += bytes;
    response.once('close', () => this.#forget(response));
    // An answer that waits behind others on its connection has no socket yet, and its time has not begun.
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

/** How many bytes an answer holds for itself. */
export function bytesOf(payload: unknown): number {
  // A Buffer is a page's asset, which all answers share.
  return typeof payload === 'string' ? Buffer.byteLength(payload) : 0;
}
