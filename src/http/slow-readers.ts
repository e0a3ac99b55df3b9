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

/** A response that is being sent, linked to the ones sent before and after it. */
class SentResponse {
  readonly response: ServerResponse;
  readonly bytes: number;
  timer: NodeJS.Timeout | undefined;
  isRemoved = false;
  older: SentResponse | undefined;
  newer: SentResponse | undefined;

  constructor(response: ServerResponse, bytes: number) {
    this.response = response;
    this.bytes = bytes;
  }
}

/**
 * Disconnects clients that do not read their responses: a response stays in memory until it is read. Each has a time
 * limit, and all together a share of the heap; above it, the oldest response is cut off. The client can retry with the
 * same idempotency key.
 */
export class SlowReaders {
  readonly #options: Required<SlowReadersOptions>;
  // Not a Map: see docs/develop.md, “Decisions”.
  #oldest: SentResponse | undefined;
  #newest: SentResponse | undefined;
  #bytes = 0;

  constructor(options: SlowReadersOptions) {
    this.#options = { maxBytes: shareOfHeapInBytes(), ...options };
  }

  /** Must be called before a response of this size is sent. */
  watch(response: ServerResponse, bytes: number): void {
    if (response.destroyed) return;
    const sent = new SentResponse(response, bytes);
    this.#add(sent);
    response.on('close', () => this.#remove(sent));
    // A response that is queued behind others on its connection has no socket yet, and its time has not started.
    if (response.socket === null) response.once('socket', () => this.#start(sent));
    else this.#start(sent);
    while (this.#bytes > this.#options.maxBytes && this.#oldest !== undefined && this.#oldest !== sent) {
      this.#cutOff(this.#oldest, 'memory');
    }
  }

  #start(sent: SentResponse): void {
    if (sent.isRemoved) return;
    sent.timer = setTimeout(() => this.#cutOff(sent, 'timeout'), this.#options.timeoutMs).unref();
  }

  #cutOff(sent: SentResponse, reason: CutOffReason): void {
    this.#remove(sent);
    this.#options.onCutOff(reason);
    sent.response.req.socket.destroy();
  }

  #add(sent: SentResponse): void {
    sent.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = sent;
    else this.#newest.newer = sent;
    this.#newest = sent;
    this.#bytes += sent.bytes;
  }

  #remove(sent: SentResponse): void {
    // Already removed when it was cut off; its `close` event follows.
    if (sent.isRemoved) return;
    sent.isRemoved = true;
    clearTimeout(sent.timer);
    const { older, newer } = sent;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    // A removed entry must not keep the others alive.
    sent.older = undefined;
    sent.newer = undefined;
    this.#bytes -= sent.bytes;
  }
}

/** The bytes of memory that only this response uses. */
export function bytesOf(payload: unknown): number {
  // A Buffer is a page's asset, which all responses share.
  return typeof payload === 'string' ? Buffer.byteLength(payload) : 0;
}
