import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request whose response has not been sent yet. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The requests in progress on each connection: clients may pipeline, sending a request before the last response. */
export class Exchanges {
  readonly #bySocket = new WeakMap<Socket, Set<Exchange>>();
  readonly #newest = new WeakMap<Socket, Exchange>();

  begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const exchange = { request, response };
    let underWay = this.#bySocket.get(socket);
    if (underWay === undefined) {
      underWay = new Set();
      this.#bySocket.set(socket, underWay);
      socket.once('close', () => this.#closeAll(socket));
    }
    underWay.add(exchange);
    this.#newest.set(socket, exchange);
    response.once('close', () => underWay.delete(exchange));
  }

  // Node tells only the answer that is being written, and not those behind it, that their connection is gone: whoever
  // counts what is under way would count them for ever.
  #closeAll(socket: Socket): void {
    for (const { response } of this.#bySocket.get(socket) ?? []) {
      if (response.socket !== null || response.closed) continue;
      response.destroy();
      response.emit('close');
    }
  }

  /** Requests that were read whole and not answered, oldest first: what they ask for may have been done. */
  underWay(socket: Socket): Exchange[] {
    return [...(this.#bySocket.get(socket) ?? [])].filter(({ request }) => request.complete);
  }

  /** The newest request of a connection, answered or not: Node names only the connection that it gives up. */
  newest(socket: Socket): Exchange | undefined {
    return this.#newest.get(socket);
  }

  /** Whether the message that is being read has its answer already, from its head alone. */
  isAnsweredEarly(socket: Socket): boolean {
    const newest = this.#newest.get(socket);
    return newest !== undefined && !newest.request.complete && newest.response.writableEnded;
  }
}
