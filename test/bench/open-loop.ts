import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Target } from './load.ts';

/** The results of requests at a fixed rate, independent of responses. Durations are in milliseconds. */
export interface Outcome {
  readonly accepted: number[];
  readonly refused: number[];
  readonly failed: number;
  /** Answered before the client gave up. */
  readonly goodPerSecond: number;
  /** The requests actually sent: fewer than planned if this process was too slow. */
  readonly sentPerSecond: number;
}

interface Offer {
  readonly perSecond: number;
  readonly seconds: number;
}

/** A later response is useless: the page has shown an error by then. */
const usefulMs = 900;

/** After this time the client disconnects. */
const patienceMs = 60_000;

/** Connections opened before the load, for each request a second: a balancer has them already. */
const openBefore = 0.4;

/** Sends at a steady rate, as independent clients do: none waits for the response to another. */
export async function openLoop(target: Target, { perSecond, seconds }: Offer): Promise<Outcome> {
  const callers = new Callers(target);
  await callers.connect(perSecond * openBefore);
  const begin = performance.now();
  const end = begin + seconds * 1000;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = ((Math.min(now, end) - begin) / 1000) * perSecond;
      // Late requests are dropped. Sent in a burst, most of them would be rejected.
      for (let count = 0; callers.sent < due && count < 200; count += 1) callers.send();
      if (now < end) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const took = (performance.now() - begin) / 1000;
  const sentPerSecond = callers.sent / took;
  await callers.answered();
  const { accepted, refused, failed } = callers;
  const goodPerSecond = accepted.filter((ms) => ms <= usefulMs).length / took;
  return { accepted, refused, failed, goodPerSecond, sentPerSecond };
}

/**
 * As many connections as needed, each with one request at a time. Without an HTTP library, because this process shares
 * its core with the upstream: at 15 µs a request it can send five times what a server carries.
 */
class Callers {
  readonly accepted: number[] = [];
  readonly refused: number[] = [];
  failed = 0;
  sent = 0;
  readonly #url: URL;
  readonly #request: string;
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();

  constructor({ server, headers, signUp }: Target) {
    this.#url = new URL(server.url);
    const lines = Object.entries({ host: this.#url.host, ...headers, 'content-length': signUp.length });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.#request = `POST /graphql HTTP/1.1\r\n${head}\r\n${signUp}`;
  }

  /** Opens this many connections. */
  async connect(count: number): Promise<void> {
    for (let opened = 0; opened < count; opened += 1) {
      const connection = this.#connect();
      await connection.opened;
      this.#idle.push(connection);
    }
  }

  send(): void {
    this.sent += 1;
    // Takes the connection that was idle longest, because servers close connections that are idle for some seconds.
    const connection = this.#idle.shift() ?? this.#connect();
    connection.send(this.#request);
  }

  /** Settles when every request has a response or can no longer get one. */
  async answered(): Promise<void> {
    const deadline = performance.now() + patienceMs;
    const isOpen = (): boolean => this.accepted.length + this.refused.length + this.failed < this.sent;
    while (isOpen() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    for (const connection of this.#open) connection.close();
  }

  #connect(): Connection {
    const { hostname, port } = this.#url;
    const connection: Connection = new Connection(
      connect({ host: hostname, port: Number(port), noDelay: true }),
      {
        answered: (status, tookMs) => {
          (status === 200 ? this.accepted : this.refused).push(tookMs);
          this.#idle.push(connection);
        },
        closed: (wasAsked) => {
          this.#open.delete(connection);
          const place = this.#idle.indexOf(connection);
          if (place >= 0) this.#idle.splice(place, 1);
          if (wasAsked) this.failed += 1;
        },
      },
    );
    this.#open.add(connection);
    return connection;
  }
}

interface Ends {
  answered(status: number, tookMs: number): void;
  closed(wasAsked: boolean): void;
}

class Connection {
  readonly opened: Promise<unknown>;
  readonly #socket: Socket;
  #sentAt: number | undefined;
  #received = '';

  constructor(socket: Socket, ends: Ends) {
    this.#socket = socket;
    this.opened = once(socket, 'connect');
    // The end of the request counts, even if nobody waits for it.
    this.opened.catch(() => undefined);
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.on('close', () => ends.closed(this.#sentAt !== undefined));
    socket.on('data', (chunk: string) => {
      this.#received += chunk;
      const status = statusOfWhole(this.#received);
      if (status === undefined || this.#sentAt === undefined) return;
      const tookMs = performance.now() - this.#sentAt;
      this.#received = '';
      this.#sentAt = undefined;
      ends.answered(status, tookMs);
    });
  }

  send(request: string): void {
    this.#sentAt = performance.now();
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The status of a complete response; undefined if it is incomplete. */
function statusOfWhole(answer: string): number | undefined {
  const head = answer.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(answer.slice(0, head))?.[1]);
  return answer.length < head + 4 + length ? undefined : Number(answer.slice(9, 12));
}
