import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Authenticator } from '../access/authentication.ts';
import { RunQueue } from '../admission/run-queue.ts';
import { NotAdmitted } from '../admission/waiting-line.ts';
import { httpRefusal } from '../errors/http-refusals.ts';
import { Overloaded } from '../errors/overloaded.ts';
import { answerType } from './answer-type.ts';
import type { Drain } from './drain.ts';
import { requestIdOf } from './request-id.ts';
import { securityHeaders } from './request-rules.ts';

export interface DoorOptions {
  /** A request that would wait longer for the process is refused. */
  readonly maxWaitMs: number;
  readonly authenticator: Authenticator;
  readonly drain: Drain;
  /** The headers that let a page read the refusal, if its origin may. */
  readonly corsHeaders: (origin: string | undefined) => Readonly<Record<string, string>>;
  /** Told of each request that waited since `cameAt` and did not get in: it was refused, or its client has gone. */
  readonly onTurnedAway: (url: string, method: string, status: 503 | 'closed', cameAt: number) => void;
}

/**
 * An HTTP server that lets requests in to `inside` as the process has time for them, and refuses the others before
 * anything is done for them. It stands before Fastify, whose refusal would cost twice as much: under five times the
 * load, four of five requests are refused.
 */
export function serverWithDoor(
  settings: ServerOptions,
  options: DoorOptions,
  inside: RequestListener,
): Server {
  const queue = new RunQueue(options.maxWaitMs);
  const server = createServer(settings, (request, response) => {
    // Probes must not fail for want of time, nor a browser's question whether it may ask.
    const isUrgent = request.method === 'OPTIONS' || /^\/(healthz|readyz)\b/.test(request.url ?? '');
    const waiting = isUrgent ? undefined : queue.enter(() => turnOf(request, options.authenticator));
    if (waiting === undefined) {
      inside(request, response);
      return;
    }
    const cameAt = performance.now();
    const turnedAway = (status: 503 | 'closed'): void =>
      options.onTurnedAway(request.url ?? '', request.method ?? '', status, cameAt);
    waiting.then(
      () => {
        if (response.destroyed) turnedAway('closed');
        else inside(request, response);
      },
      (error: unknown) => {
        if (!(error instanceof NotAdmitted)) throw error;
        refuse(request, response, options);
        turnedAway(503);
      },
    );
  });
  server.on('connection', () => queue.connected());
  return server;
}

// One for all: it is made a thousand times a second when time is short, and nobody reads its stack.
const overloaded = new Overloaded();

/** In whose line a request waits: its caller's where that needs no work, else that of its address. */
function turnOf({ headersDistinct, socket }: IncomingMessage, authenticator: Authenticator): string {
  return authenticator.recognize(headersDistinct) ?? socket.remoteAddress ?? '';
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { drain, corsHeaders }: DoorOptions,
): void {
  const requestId = requestIdOf(request);
  const { status, headers, body } = httpRefusal(overloaded, requestId);
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'x-request-id': requestId,
    ...securityHeaders,
    ...corsHeaders(request.headers.origin),
    ...headers,
    ...(drain.closesAfter(request) ? { connection: 'close' } : {}),
    'content-type': answerType(request),
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
