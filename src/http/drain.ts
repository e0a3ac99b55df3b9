import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { DrainSettings } from '../config/http-settings.ts';
import { DrainingError } from '../errors/draining-error.ts';
import { HttpError } from './http-error.ts';

/** How long idle connections may still send at the end of the drain before they are closed. */
const lingerMs = 500;

/**
 * Graceful shutdown without connection resets, in three phases: serves but reports not ready; rejects new requests and
 * completes those in flight; closes. The port stays open until nothing is in flight, because a refused connection tells
 * a client nothing.
 */
export class Drain {
  readonly #settings: DrainSettings;
  #phase: 'serving' | 'leaving' | 'refusing' = 'serving';
  #inFlight = 0;
  #emptied: (() => void) | undefined;

  constructor(settings: DrainSettings) {
    this.#settings = settings;
  }

  /** Requests whose response has not been sent yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether the drain has been requested. */
  get isLeaving(): boolean {
    return this.#phase !== 'serving';
  }

  /**
   * Whether a response should close its connection, which would otherwise delay the shutdown. False while part of the
   * body is unread: closing would reset the connection, and the response could be lost. The next response closes it
   * then.
   */
  closesAfter(request: IncomingMessage): boolean {
    return this.isLeaving && !hasUnreadBody(request);
  }

  /**
   * Counts a request as in flight until its response is sent or its client is gone; rejects it with `DrainingError` in
   * the second phase. Runs after the body has been read: closing with unread bytes would reset the connection, and the
   * response could be lost.
   */
  readonly enter = (_request: FastifyRequest, { raw }: FastifyReply, done: HookHandlerDoneFunction): void => {
    if (this.#phase === 'refusing') {
      done(new DrainingError());
      return;
    }
    // The client disconnected while it was authenticated or charged: its `close` event would never lower the count.
    if (raw.destroyed) {
      done(new HttpError(400));
      return;
    }
    this.#inFlight += 1;
    raw.once('close', () => {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#emptied?.();
    });
    done();
  };

  /** Runs the phases, then closes the server, and cuts its connections if that takes too long. */
  async end(server: FastifyInstance): Promise<void> {
    // A server whose port is in use never listened.
    if (server.server.listening) await this.#runPhases();
    const cutting = setTimeout(() => server.server.closeAllConnections(), lingerMs);
    await server.close();
    clearTimeout(cutting);
  }

  async #runPhases(): Promise<void> {
    this.#phase = 'leaving';
    if (this.#settings.delayMs > 0) await delay(this.#settings.delayMs);
    this.#phase = 'refusing';
    if (this.#inFlight > 0) {
      const emptied = new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
      await Promise.race([emptied, delay(this.#settings.limitMs, undefined, { ref: false })]);
    }
  }
}

function hasUnreadBody({ headers, complete }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers;
  return !complete && (length !== '0' || encoding !== undefined);
}
