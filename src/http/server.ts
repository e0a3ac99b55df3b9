import { randomUUID } from 'node:crypto';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import cors from '@fastify/cors';
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import type { Logger } from 'pino';
import type { CallContext, CallFacts } from '../customer-evaluation/call-context.ts';
import { describeBug } from '../errors/caller-facing.ts';

export interface HttpOptions {
  readonly apollo: ApolloServer<CallContext>;
  readonly createContext: (facts: CallFacts) => CallContext;
  /** Whether the upstream is thought to answer. */
  readonly isUpstreamUp: () => boolean;
  readonly log: Logger;
  readonly maxBodyBytes: number;
  /** Exact origins that browsers may call from. */
  readonly corsOrigins: readonly string[];
}

/** The server: `/graphql`, `/healthz` and `/readyz`. Answers nothing until `listen` is called. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: options.maxBodyBytes,
    // An id from a router or ingress is kept if it is one, so that it can be followed through the logs.
    genReqId: (request) => {
      const id = request.headers['x-request-id'];
      return typeof id === 'string' && /^[\w.-]{1,128}$/.test(id) ? id : randomUUID();
    },
    // On close, idle connections end at once and busy ones when their answer is out.
    forceCloseConnections: 'idle',
  });
  let draining = false;
  server.addHook('preClose', async () => {
    draining = true;
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  // Kept open for a next request, a connection would hold up the end of the process.
  server.addHook('onSend', async (_request, reply) => {
    if (draining) reply.header('connection', 'close');
  });
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500)
      options.log.error({ requestId: request.id, ...describeBug(error) }, 'a bug ended a request');
    return reply.code(status).send(refusal(status, request.id));
  });
  server.setNotFoundHandler((request, reply) => reply.code(404).send(refusal(404, request.id)));

  if (options.corsOrigins.length > 0) {
    await server.register(cors, { origin: [...options.corsOrigins], methods: ['GET', 'POST'], maxAge: 600 });
  }
  server.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: fastifyApolloHandler(options.apollo, {
      context: async (request, reply) =>
        options.createContext({
          caller: 'anonymous',
          requestId: request.id,
          log: options.log.child({ requestId: request.id }),
          timeoutMs: timeoutOf(request),
          signal: hangUpSignal(reply),
        }),
    }),
  });
  server.get('/healthz', async () => ({ status: 'up' }));
  server.get('/readyz', async (_request, reply) => {
    const upstream = options.isUpstreamUp() ? 'up' : 'down';
    const ready = !draining && upstream === 'up';
    return reply
      .code(ready ? 200 : 503)
      .send({ status: draining ? 'draining' : ready ? 'ready' : 'degraded', upstream });
  });
  return server;
}

/** How long the client or router waits, by `x-request-timeout-ms`; what is no number is left aside. */
function timeoutOf(request: FastifyRequest): number | undefined {
  const value = request.headers['x-request-timeout-ms'];
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function hangUpSignal(reply: FastifyReply): AbortSignal {
  const hangUp = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) hangUp.abort();
  });
  return hangUp.signal;
}

// What is refused before GraphQL begins; in GraphQL's form, so that clients need only one.
function refusal(status: number, requestId: string): object {
  const { code, message } = refusals[status] ?? (status >= 500 ? refusals[500] : refusals[400]) ?? {};
  return { errors: [{ message, extensions: { code, retryable: false, requestId } }] };
}

const refusals: Readonly<Record<number, { code: string; message: string }>> = {
  400: {
    code: 'BAD_REQUEST',
    message: 'The request cannot be read: send JSON, {"query": "…", "variables": {}}.',
  },
  404: { code: 'NOT_FOUND', message: 'Nothing is here: POST to /graphql.' },
  413: { code: 'BAD_REQUEST', message: 'The body is larger than this gateway takes.' },
  415: { code: 'BAD_REQUEST', message: 'Send the content type application/json.' },
  500: {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'The gateway failed. Its operators find the reason under this request id.',
  },
};
