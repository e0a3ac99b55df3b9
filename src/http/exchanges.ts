import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request whose response has not been sent yet. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * The maximum requests in progress on one connection. Node reads up to 64 kB at a time and starts every request in that
 * chunk: some 2,000 if each is as small as a health probe, each kept with its response until the client reads. Firefox,
 * when it still pipelined, sent at most 32.
 */
const maxPipelined = 32;

/** The requests in progress on each connection: clients may pipeline, sending a request before the last response. */
export class Exchanges {
  readonly #connections = new WeakMap<Socket, Connection>();
  // One function for all exchanges. A closure for each would become long-lived garbage: see docs/develop.md,
  // “Decisions”.
  readonly #ended: (this: ServerResponse) => void;

  constructor() {
    const connections = this.#connections;
    const forget = function (this: IncomingMessage): void {
      connections.get(this.socket)?.forget(this);
    };
    this.#ended = function () {
      connections.get(this.req.socket)?.end(this);
      // The rest of its body may still fail.
      if (this.req.complete) forget.call(this.req);
      else this.req.on('close', forget);
    };
  }

  /** False if too many requests are in progress on the connection. */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#connections.get(request.socket) ?? this.#open(request.socket);
    if (connection.inFlight.length >= maxPipelined) return false;
    connection.begin({ request, response });
    response.on('close', this.#ended);
    return true;
  }

  /** Whether no later request is in progress on the connection. */
  isLast(request: IncomingMessage): boolean {
    return this.#connections.get(request.socket)?.inFlight.at(-1)?.request === request;
  }

  /** Requests that were read completely and not answered, oldest first. They may have had an effect. */
  inFlight(socket: Socket): Exchange[] {
    return this.#connections.get(socket)?.inFlight.filter(({ request }) => request.complete) ?? [];
  }

  /** The newest request of a connection, unless it was read completely and answered. Node's errors name only the connection. */
  newest(socket: Socket): Exchange | undefined {
    return this.#connections.get(socket)?.newest;
  }

  /** Whether the request that is being read was answered after its headers alone. */
  isAnsweredEarly(socket: Socket): boolean {
    const newest = this.newest(socket);
    return newest !== undefined && !newest.request.complete && newest.response.writableEnded;
  }

  // Not in `begin`: the listener would keep the first request as long as the connection.
  #open(socket: Socket): Connection {
    const connection = new Connection();
    this.#connections.set(socket, connection);
    socket.once('close', () => connection.close());
    return connection;
  }
}

class Connection {
  readonly inFlight: Exchange[] = [];
  newest: Exchange | undefined;

  begin(exchange: Exchange): void {
    this.inFlight.push(exchange);
    this.newest = exchange;
  }

  end(response: ServerResponse): void {
    const index = this.inFlight.findIndex((exchange) => exchange.response === response);
    if (index >= 0) this.inFlight.splice(index, 1);
  }

  /** The request was answered and has ended. If it was read completely, nothing that happens later concerns it. */
  forget(request: IncomingMessage): void {
    if (this.newest?.request === request && request.complete) this.newest = undefined;
  }

  // When a connection closes, Node emits `close` only for the response that is being written, not for those queued
  // behind it. Without this, they would count as in progress forever.
  close(): void {
    for (const { response } of [...this.inFlight]) {
      if (response.socket !== null || response.closed) continue;
      response.destroy();
      response.emit('close');
    }
  }
}
