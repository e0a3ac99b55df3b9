import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { dialectOf } from './upstream-answers.ts';

/** A request at the upstream, and the means to make it fail. */
interface Victim {
  readonly key: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** The evaluation's JSON. Makes the evaluation if the key has none yet. Only this is an effect. */
  takeEffect(): string;
}

export type Fault = (victim: Victim) => void;

/** An evaluation: the form it was made from, and when, by the monotonic clock. */
interface Made {
  readonly id: string;
  readonly form: URLSearchParams;
  readonly at: number;
}

interface FaultyUpstreamOptions {
  /**
   * The key under which an evaluation is kept, if not the one received. With it, the upstream behaves as if the gateway
   * had a bug in its keys.
   */
  readonly keptUnder?: (key: string, form: URLSearchParams) => string;
}

export interface FaultyUpstream {
  readonly url: string;
  /** The idempotency keys of all requests, in order. */
  readonly keys: string[];
  /** The number of evaluations made. */
  readonly effects: number;
  /** The evaluations in order. */
  readonly made: readonly Made[];
  /** Open connections. */
  readonly sockets: number;
  /** Applies these faults to the next requests, one each, and then works. */
  next(...faults: Fault[]): void;
  /** Applies this fault to every further request; without one, works. */
  always(fault?: Fault): void;
  reset(): void;
  /** Closes the connections once they are idle. A gateway learns of it later: do something that takes it a turn. */
  hangUp(): Promise<void>;
  /** Stops like a process: open connections break and new ones are refused. The evaluations are kept. */
  goAway(): Promise<void>;
  /** Starts again at the same address. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** An upstream that counts effects separately from requests, keeps one evaluation per key, and fails on demand. */
export async function startFaultyUpstream({
  keptUnder = (key) => key,
}: FaultyUpstreamOptions = {}): Promise<FaultyUpstream> {
  const keys: string[] = [];
  const made: Made[] = [];
  const evaluations = new Map<string, string>();
  const sockets = new Set<Socket>();
  let queue: Fault[] = [];
  let standing: Fault = succeed;

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const key = String(request.headers['idempotency-key']);
      const dialect = dialectOf(request.url);
      const form = dialect.fieldsOf(Buffer.concat(chunks).toString());
      keys.push(key);
      const keptAs = keptUnder(key, form);
      const takeEffect = (): string => {
        // A read has no effect. The path names the evaluation.
        const { asked } = dialect;
        if (request.method === 'GET' && asked !== undefined) {
          return dialect.answer(asked, made.find(({ id }) => id === asked)?.form ?? form, 'read');
        }
        const kept = evaluations.get(keptAs);
        if (kept !== undefined) return kept;
        const id = asked ?? dialect.idOf(evaluations.size + 1);
        const body = dialect.answer(id, form, 'made');
        evaluations.set(keptAs, body);
        made.push({ id, form, at: performance.now() });
        return body;
      };
      (queue.shift() ?? standing)({ key, request, response, socket: request.socket, takeEffect });
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const goAway = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    keys,
    made,
    goAway,
    comeBack: () => listen(port),
    get effects() {
      return evaluations.size;
    },
    get sockets() {
      return sockets.size;
    },
    next(...faults) {
      queue = faults;
    },
    always(fault = succeed) {
      queue = [];
      standing = fault;
    },
    reset() {
      keys.length = 0;
      made.length = 0;
      evaluations.clear();
      queue = [];
      standing = succeed;
    },
    async hangUp() {
      for (; sockets.size > 0; await delay(5)) server.closeIdleConnections();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const json = { 'content-type': 'application/json', 'request-id': 'req_faulty' };

export const succeed: Fault = ({ response, takeEffect }) => {
  response.writeHead(200, json).end(takeEffect());
};

/** Works after this delay. */
export const late =
  (ms: number): Fault =>
  (victim) => {
    setTimeout(() => succeed(victim), ms).unref();
  };

/** Works once the test releases it. */
export function hold(): { readonly fault: Fault; release(): void } {
  let held: (() => void)[] = [];
  let isReleased = false;
  return {
    fault(victim) {
      if (isReleased) succeed(victim);
      else held.push(() => succeed(victim));
    },
    release() {
      isReleased = true;
      for (const answer of held) answer();
      held = [];
    },
  };
}

/** Closes the connection before or after the effect. */
export const reset =
  (when: 'before' | 'after'): Fault =>
  ({ socket, takeEffect }) => {
    if (when === 'after') takeEffect();
    socket.resetAndDestroy();
  };

/** Takes effect and never responds. */
export const hang: Fault = ({ takeEffect }) => {
  takeEffect();
};

/** Takes effect, and breaks the response off after this share of its bytes. */
export const cutOff =
  (bytes: (length: number) => number): Fault =>
  ({ response, socket, takeEffect }) => {
    const body = takeEffect();
    response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) });
    response.flushHeaders();
    const part = body.slice(0, bytes(body.length));
    if (part === '') setImmediate(() => socket.destroy());
    else response.write(part, () => setImmediate(() => socket.destroy()));
  };

/** Takes effect, and sends the response byte by byte. */
export const drip =
  (everyMs: number): Fault =>
  ({ response, takeEffect }) => {
    const body = takeEffect();
    response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) });
    let sent = 0;
    const timer = setInterval(() => {
      response.write(body[sent] ?? '');
      sent += 1;
      if (sent >= body.length || response.destroyed) clearInterval(timer);
    }, everyMs);
    timer.unref();
  };

/** Responds with a status and an error body; takes effect first if asked to. */
export const status =
  (code: number, error: object = {}, headers: Record<string, string> = {}, effect = false): Fault =>
  ({ response, takeEffect }) => {
    if (effect) takeEffect();
    response
      .writeHead(code, { ...json, ...headers })
      .end(JSON.stringify({ error: { type: 'api_error', ...error } }));
  };

/** Takes effect, and responds with 200 and these bytes. */
export const answers =
  (body: string | Buffer, headers: Record<string, string> = {}): Fault =>
  ({ response, takeEffect }) => {
    takeEffect();
    response.writeHead(200, { ...json, ...headers }).end(body);
  };

/** Takes effect, and writes these raw bytes instead of an HTTP response. */
export const raw =
  (...parts: (string | Buffer)[]): Fault =>
  ({ socket, takeEffect }) => {
    takeEffect();
    for (const part of parts) socket.write(part);
    socket.end();
  };
