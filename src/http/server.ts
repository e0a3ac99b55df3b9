import type { ApolloServer } from '@apollo/server';
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import type { Logger } from 'pino';
import type { Access } from '../access/access.ts';
import type { Caller } from '../access/caller.ts';
import type { TrustedDocuments } from '../access/trusted-documents.ts';
import type { HttpSettings } from '../config/config.ts';
import { BadRequestError } from '../errors/bad-request-error.ts';
import { describeError } from '../errors/describe-error.ts';
import { httpRefusal } from '../errors/http-refusals.ts';
import type { Permissions } from '../graph/authorization.ts';
import type { CallContext, CallFacts } from '../graph/graphql-context.ts';
import { explorerForBrowsers, type PagesOptions, servePages } from '../pages/pages.ts';
import { refuseOtherMethods } from './allowed-methods.ts';
import { callerHook, charge, chargeRequest } from './authentication-hook.ts';
import { BodyBudget } from './body-memory-budget.ts';
import { BoundedRequest, boundedRequests } from './bounded-request.ts';
import { handleClientError } from './client-error-handler.ts';
import { Origins } from './cors.ts';
import type { Drain } from './drain.ts';
import { Exchanges } from './exchanges.ts';
import { trustedProxies } from './forwarded-address.ts';
import { graphqlHandler } from './graphql-handler.ts';
import { serverWithLoadShedding } from './load-shedding.ts';
import { RefusalWriter, type RefusalWriterOptions } from './refusal-writer.ts';
import { requestIdOf } from './request-id.ts';
import { dropEmptyParameters } from './request-parameters.ts';
import { limitDocuments, sendSecurityHeaders, takeOnlyJson } from './request-rules.ts';
import { responseMediaType } from './response-media-type.ts';
import { bytesOf, SlowReaders, type SlowReadersOptions } from './slow-readers.ts';
import { documentHook } from './trusted-document-hook.ts';

export interface HttpOptions {
  readonly apollo: ApolloServer<CallContext>;
  readonly createContext: (facts: CallFacts) => CallContext;
  /** What a caller may do. */
  readonly rightsOf: (caller: Caller) => Permissions;
  readonly access: Access;
  /** Undefined where every document is run. */
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly maxDocumentBytes: number;
  /** Whether the upstream is considered available. */
  readonly isUpstreamUp: () => boolean;
  /** Admits requests until the server shuts down. */
  readonly drain: Drain;
  /** Undefined where the explorer is off. */
  readonly pages?: PagesOptions | undefined;
  /** Gives each request its record, which tells metrics, traces and log what it came to. */
  readonly record: (server: FastifyInstance) => void;
  /** Called for each request that ended before it had a record. */
  readonly recordUnrecorded: RefusalWriterOptions['record'];
  /** Called for each client that did not read its response. */
  readonly onCutOff: SlowReadersOptions['onCutOff'];
  readonly log: Logger;
  readonly settings: HttpSettings;
}

/** The server: `/graphql`, `/healthz` and `/readyz`. Answers nothing until `listen` is called. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { access, drain, log, pages, settings } = options;
  const origins = new Origins(settings);
  const exchanges = new Exchanges();
  const slowReaders = new SlowReaders({ timeoutMs: settings.responseTimeoutMs, onCutOff: options.onCutOff });
  const writer = new RefusalWriter({
    drain,
    origins,
    slowReaders,
    record: options.recordUnrecorded,
    log,
  });
  const server = fastify({
    bodyLimit: settings.maxBodyBytes,
    trustProxy: settings.trustProxy.length > 0 && trustedProxies(settings.trustProxy),
    serverFactory: (handler) =>
      serverWithLoadShedding(
        {
          IncomingMessage: boundedRequests({ maxBytes: settings.maxBodyBytes, budget: new BodyBudget() }),
          requestTimeout: settings.requestTimeoutMs,
          headersTimeout: Math.min(settings.requestTimeoutMs, 5_000),
          keepAliveTimeout: settings.keepAliveMs,
          // Left at half a minute, node would look for slow senders too seldom to meet the time limits.
          connectionsCheckingInterval: 1_000,
        },
        {
          maxWaitMs: settings.maxEventLoopDelayMs,
          authenticator: access.authenticator,
          hosts: settings.allowedHosts && new Set(settings.allowedHosts),
          writer,
          exchanges,
        },
        handler,
      ),
    genReqId: requestIdOf,
    // What comes so late is refused by the drain, in GraphQL's form.
    return503OnClosing: false,
    // On close, idle connections end at once and busy ones when their answer is out.
    forceCloseConnections: 'idle',
    clientErrorHandler: handleClientError(writer, exchanges),
    // A URL that the router cannot read: Fastify's own answer quotes it.
    frameworkErrors: (error, request, reply) =>
      writer.toResponse(request.raw, reply.raw, BadRequestError.badUrl(error.statusCode)),
  });
  // First: routes take the handler that there is when they are added.
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const { status, headers, body } = httpRefusal(error, request.id);
    // A status that the error does not name is a bug's.
    if (status === 500)
      log.error({ requestId: request.id, ...describeError(error) }, 'unhandled error in a request');
    return reply.code(status).headers(headers).type(responseMediaType(request)).send(body);
  });
  options.record(server);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    const { raw } = request;
    slowReaders.watch(reply.raw, bytesOf(payload));
    const isCut = raw instanceof BoundedRequest && raw.closesUnread(request.caller !== undefined);
    if (isCut || drain.closesAfter(raw)) reply.header('connection', 'close');
    done();
  });
  server.addHook('onRequest', sendSecurityHeaders);
  server.addHook('onRequest', ({ headers }, _reply, done) => {
    if (headers.origin !== undefined) origins.logRefused(headers.origin, headers.host, log);
    done();
  });
  refuseOtherMethods(server, origins);
  // Before any other refusal: a page must be able to read it.
  await origins.serve(server);
  takeOnlyJson(server);
  // For what a route itself finds missing; all else has been refused by then.
  server.setNotFoundHandler((request, reply) => {
    const { status, body } = httpRefusal({ statusCode: 404 }, request.id);
    return reply.code(status).type(responseMediaType(request)).send(body);
  });

  const findCaller = callerHook(server, access, log);
  if (pages !== undefined) servePages(server, pages, findCaller);
  server.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    onRequest: [
      ...(pages === undefined ? [] : [explorerForBrowsers(pages)]),
      findCaller,
      chargeRequest(access),
    ],
    preHandler: [
      drain.enter,
      dropEmptyParameters,
      limitDocuments(options.maxDocumentBytes),
      ...(options.trustedDocuments === undefined ? [] : [documentHook(options.trustedDocuments)]),
    ],
    handler: graphqlHandler(options.apollo, origins, (request, reply) =>
      options.createContext({
        caller: request.caller.id,
        rights: options.rightsOf(request.caller),
        charge: async (calls) => {
          const refusal = await charge(request, access, calls);
          if (refusal !== undefined) throw refusal;
        },
        requestId: request.id,
        log: request.callLog,
        record: request.record,
        timeoutMs: timeoutOf(request),
        signal: hangUpSignal(reply),
      }),
    ),
  });
  server.get('/healthz', async () => ({ status: 'up' }));
  const isReplicaReady = (): boolean => !drain.isLeaving && access.authenticator.isReady;
  const wordFor = (ready: boolean): string => (drain.isLeaving ? 'draining' : ready ? 'ready' : 'degraded');
  server.get('/readyz', async (_request, reply) => {
    const upstream = options.isUpstreamUp() ? 'up' : 'down';
    const ready = isReplicaReady() && upstream === 'up';
    return reply.code(ready ? 200 : 503).send({
      status: wordFor(ready),
      upstream,
      // Told, and no reason to send callers elsewhere: known keys go on, and each replica counts for itself.
      keySet: access.authenticator.keySetState,
      keySetReason: access.authenticator.keySetReason,
      sharedCounters: access.limits.storeState,
      sharedCountersReason: access.limits.storeReason,
    });
  });
  // For balancers: an upstream that is down is down for every replica, and a caller that finds none gets no answer.
  server.get('/readyz/replica', async (_request, reply) => {
    const ready = isReplicaReady();
    return reply.code(ready ? 200 : 503).send({ status: wordFor(ready) });
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
