import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { DrainSettings } from '../config/config.ts';
import { DrainingError } from '../errors/draining-error.ts';

/** Connections that have nothing in flight by the end are closed after so long, whatever they still send. */
const lingerMs = 500;

/**
 * The end of a server, without a reset: not ready but serving, then refusing what is new while it ends what it has,
 * then gone. The port stays open until nothing is in flight, since a refused connection tells a client nothing.
 */
export class Drain {
  readonly #settings: DrainSettings;
  #phase: 'serving' | 'leaving' | 'refusing' = 'serving';
  #inFlight = 0;
  #emptied: (() => void) | undefined;

  constructor(settings: DrainSettings) {
    this.#settings = settings;
  }

  /** Requests whose answer is not out yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** From when it was asked to end. */
  get isLeaving(): boolean {
    return this.#phase !== 'serving';
  }

  /**
   * Whether a request's answer is to close its connection: kept open for a next request, that would hold up the end of
   * the process. But one that is closed with a part of a body unread is reset, and its answer may be lost with it: that
   * one is left to its next answer.
   */
  closesAfter(request: IncomingMessage): boolean {
    return this.isLeaving && !hasUnreadBody(request);
  }

  /**
   * Lets a request in until its answer is out or its client has gone; refuses it as `DrainingError` where it came too late.
   * For when its body has been read: a connection that is closed with bytes unread is reset, answer and all.
   */
  readonly enter = (_request: FastifyRequest, { raw }: FastifyReply, done: HookHandlerDoneFunction): void => {
    if (this.#phase === 'refusing') {
      done(new DrainingError());
      return;
    }
    this.#inFlight += 1;
    raw.once('close', () => {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#emptied?.();
    });
    done();
  };

  /** Goes through the phases, and at last ends the server by `close`, or by `cut` where that takes too long. */
  async end(close: () => Promise<unknown>, cut: () => void): Promise<void> {
    this.#phase = 'leaving';
    if (this.#settings.delayMs > 0) await delay(this.#settings.delayMs);
    this.#phase = 'refusing';
    if (this.#inFlight > 0) {
      const emptied = new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
      await Promise.race([emptied, delay(this.#settings.limitMs, undefined, { ref: false })]);
    }
    const cutting = setTimeout(cut, lingerMs);
    await close();
    clearTimeout(cutting);
  }
}

function hasUnreadBody({ headers, complete }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers;
  return !complete && (length !== '0' || encoding !== undefined);
}
