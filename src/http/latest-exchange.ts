import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request whose head was read, and the answer to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The latest request of each connection: Node names only the connection when it has no more to read from it. */
export class LatestExchanges {
  readonly #bySocket = new WeakMap<Duplex, Exchange>();

  began(request: IncomingMessage, response: ServerResponse): void {
    this.#bySocket.set(request.socket, { request, response });
  }

  /** The latest request of a connection that is still to be answered. */
  unanswered(socket: Duplex): Exchange | undefined {
    const exchange = this.#bySocket.get(socket);
    return exchange === undefined || exchange.response.writableEnded ? undefined : exchange;
  }
}
