import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Authenticator } from '../access/authentication.ts';
import { addressKey } from '../access/client-address.ts';
import type { AdmissionQueue } from '../admission/admission-queue.ts';
import { QueueRejectedError } from '../admission/fair-queue.ts';
import { BadRequestError } from '../errors/bad-request-error.ts';
import { OverloadedError } from '../errors/overloaded-error.ts';
import { BoundedRequest } from './bounded-request.ts';
import { closeAfter } from './client-error-handler.ts';
import { lingeringClose } from './close-gently.ts';
import type { Exchanges } from './exchanges.ts';
import { clientAddress, type IsTrustedProxy } from './forwarded-address.ts';
import { headerValues } from './header-values.ts';
import { hostFault, isProbe, targetFault } from './host-rules.ts';
import type { RefusalWriter } from './refusal-writer.ts';

export interface LoadSheddingOptions {
  readonly queue: AdmissionQueue;
  readonly authenticator: Authenticator;
  readonly isTrustedProxy: IsTrustedProxy;
  /** The `Host` names to accept; any if undefined. */
  readonly hosts: ReadonlySet<string> | undefined;
  readonly writer: RefusalWriter;
  readonly exchanges: Exchanges;
  /** Called when a connection is closed because its client pipelines too many requests. */
  readonly onFlood: () => void;
}

/** Browsers send thirty; each costs several objects. */
const maxHeaders = 100;

/**
 * An HTTP server that passes requests to `handler` as the process has time for them, and rejects the others before
 * any work is done for them. It runs before Fastify, where a rejection would cost twice as much: at five times the
 * peak load, four of five requests are rejected.
 */
export function serverWithLoadShedding(
  settings: ServerOptions,
  { queue, authenticator, isTrustedProxy, hosts, writer, exchanges, onFlood }: LoadSheddingOptions,
  handler: RequestListener,
): Server {
  const begin = (request: IncomingMessage, response: ServerResponse): boolean => {
    if (exchanges.begin(request, response)) {
      if (request instanceof BoundedRequest) response.on('close', () => request.release());
      return true;
    }
    if (request instanceof BoundedRequest) request.refuseBody(overloaded);
    // At once: a client that does not read would keep all of these requests, and Node still reads the rest of its bytes.
    if (!request.socket.destroyed) onFlood();
    request.socket.destroy();
    return false;
  };
  // Node would refuse a request without a Host by itself, with an empty body.
  const server = createServer({ ...settings, requireHostHeader: false }, (request, response) => {
    if (!begin(request, response)) return;
    // Node silently drops headers above its limit.
    const hasTooMany = request.rawHeaders.length > 2 * maxHeaders;
    const fault = hasTooMany
      ? BadRequestError.tooManyHeaders()
      : (targetFault(request) ?? hostFault(request, hosts));
    if (fault !== undefined) {
      writer.toResponse(request, response, fault);
      return;
    }
    // Probes and CORS preflights must not fail under load.
    const isUrgent = request.method === 'OPTIONS' || isProbe(request.url);
    const refuse = (error: unknown, receivedAt?: number): void => {
      if (error instanceof QueueRejectedError) {
        writer.toResponse(request, response, overloaded, { receivedAt, isLogged: false });
      } else {
        // An uncaught exception in one request must not end the others.
        writer.toResponse(request, response, error as Error);
      }
    };
    let waiting: Promise<void> | undefined;
    try {
      waiting = isUrgent
        ? undefined
        : queue.enter(() => fairQueueKey(request, authenticator, isTrustedProxy));
      if (waiting === undefined) handler(request, response);
    } catch (error) {
      refuse(error);
    }
    if (waiting === undefined) return;
    const receivedAt = performance.now();
    const letIn = (): void => {
      const { url, method } = request;
      if (response.destroyed) writer.record({ url, method, status: 'closed', receivedAt });
      else handler(request, response);
    };
    waiting.then(letIn).catch((error: unknown) => refuse(error, receivedAt));
  });
  server.maxHeadersCount = maxHeaders + 1;
  server.on('connection', () => queue.connected());
  // Without listeners, Node answers an unknown `Expect` with an empty body, and closes the connection of a CONNECT.
  server.on('checkExpectation', (request, response) => {
    // Emitted in place of `request`.
    if (begin(request, response)) {
      writer.toResponse(request, response, BadRequestError.unknownExpectation());
    }
  });
  // Node no longer counts the connection of a CONNECT among its own, but `close` still waits for it.
  const tunnels = new Set<Duplex>();
  const closeConnections = server.closeAllConnections.bind(server);
  server.closeAllConnections = () => {
    closeConnections();
    for (const socket of tunnels) socket.destroy();
  };
  server.on('connect', ({ headers }, socket: Duplex) => {
    tunnels.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => tunnels.delete(socket));
    // The client would read a refusal as the response to its previous request.
    const last = socket instanceof Socket ? exchanges.inFlight(socket).at(-1) : undefined;
    if (last !== undefined && socket instanceof Socket) {
      closeAfter(last, socket);
      return;
    }
    writer.toSocket(socket, BadRequestError.methodNotAllowed('GET, HEAD, POST'), headers.origin);
    lingeringClose(socket);
  });
  return server;
}

// Shared instance: under overload it is thrown thousands of times a second, and capturing a stack would dominate the cost.
const overloaded = new OverloadedError();

/** The fair-queue key of a request: its caller if that is known without verification, otherwise its address. */
function fairQueueKey(
  request: IncomingMessage,
  authenticator: Authenticator,
  isTrustedProxy: IsTrustedProxy,
): string {
  const recognized = authenticator.recognize(headerValues(request));
  if (recognized !== undefined) return recognized;
  const address = clientAddress(request, isTrustedProxy);
  return addressKey(address) ?? address ?? '';
}
