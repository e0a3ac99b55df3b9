import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request whose response has not been sent yet. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The requests in progress on each connection: clients may pipeline, sending a request before the last response. */
export class Exchanges {
  // Arrays, not Sets: see docs/develop.md, “Decisions”.
  readonly #bySocket = new WeakMap<Socket, Exchange[]>();
  readonly #newest = new WeakMap<Socket, Exchange>();

  begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const exchange = { request, response };
    let underWay = this.#bySocket.get(socket);
    if (underWay === undefined) {
      underWay = [];
      this.#bySocket.set(socket, underWay);
      socket.once('close', () => this.#closeAll(socket));
    }
    underWay.push(exchange);
    this.#newest.set(socket, exchange);
    response.once('close', () => {
      const index = underWay.indexOf(exchange);
      if (index >= 0) underWay.splice(index, 1);
    });
  }

  // When a connection closes, Node emits `close` only for the response that is being written, not for those queued
  // behind it. Without this, they would count as in progress forever.
  #closeAll(socket: Socket): void {
    for (const { response } of [...(this.#bySocket.get(socket) ?? [])]) {
      if (response.socket !== null || response.closed) continue;
      response.destroy();
      response.emit('close');
    }
  }

  /** Requests that were read completely and not answered, oldest first. They may have had an effect. */
  underWay(socket: Socket): Exchange[] {
    return (this.#bySocket.get(socket) ?? []).filter(({ request }) => request.complete);
  }

  /** The newest request of a connection, answered or not. Node's errors name only the connection. */
  newest(socket: Socket): Exchange | undefined {
    return this.#newest.get(socket);
  }

  /** Whether the request that is being read was answered after its headers alone. */
  isAnsweredEarly(socket: Socket): boolean {
    const newest = this.#newest.get(socket);
    return newest !== undefined && !newest.request.complete && newest.response.writableEnded;
  }
}
