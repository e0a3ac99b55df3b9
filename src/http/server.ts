import type { IncomingMessage } from 'node:http';
import type { ApolloServer } from '@apollo/server';
import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import type { Logger } from 'pino';
import type { TrustedDocuments } from '../access/trusted-documents.ts';
import type { AdmissionQueue } from '../admission/admission-queue.ts';
import type { HttpSettings } from '../config/http-settings.ts';
import { BadRequestError } from '../errors/bad-request-error.ts';
import { describeError } from '../errors/describe-error.ts';
import { httpRefusal } from '../errors/http-refusals.ts';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { explorerForBrowsers, type PagesOptions, servePages } from '../pages/pages.ts';
import type { PreparedOperations } from '../prepared/prepared-operations.ts';
import { type Observers, recordRequests, recordUnrecorded } from '../telemetry/request-hooks.ts';
import { refuseOtherMethods } from './allowed-methods.ts';
import { callerHook } from './authentication-hook.ts';
import { BodyBudget } from './body-memory-budget.ts';
import { BoundedRequest, boundedRequests } from './bounded-request.ts';
import { handleClientError } from './client-error-handler.ts';
import { Origins } from './cors.ts';
import { Exchanges } from './exchanges.ts';
import { trustedProxies } from './forwarded-address.ts';
import { createGraphQLContext } from './graphql-context.ts';
import { graphqlHandler } from './graphql-handler.ts';
import { IgnoredHeaders } from './ignored-headers.ts';
import { serverWithLoadShedding } from './load-shedding.ts';
import { chargeRequest } from './rate-limit-hook.ts';
import { type ReadinessOptions, serveReadiness } from './readiness.ts';
import { RefusalWriter } from './refusal-writer.ts';
import { requestIdOf } from './request-id.ts';
import { dropEmptyParameters } from './request-parameters.ts';
import { acceptOnlyJson, checkJsonInUrl, limitDocuments, sendSecurityHeaders } from './request-rules.ts';
import { responseMediaType } from './response-media-type.ts';
import { bytesOf, SlowReaders } from './slow-readers.ts';
import { documentHook } from './trusted-document-hook.ts';

export interface HttpOptions extends ReadinessOptions {
  readonly apollo: ApolloServer<GraphQLContext>;
  /** Where requests wait while the process is busy. */
  readonly queue: AdmissionQueue;
  /** Undefined if Apollo Server runs every operation. */
  readonly prepared?: PreparedOperations | undefined;
  /** The deadline of one call: all attempts and waits. */
  readonly deadlineMs: number;
  /** Undefined if trusted documents are off. */
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly maxDocumentBytes: number;
  /** Undefined if the explorer is off. */
  readonly pages?: PagesOptions | undefined;
  /** Records the outcome of each request. */
  readonly telemetry: Observers;
  readonly log: Logger;
  readonly settings: HttpSettings;
}

/** The HTTP server: `/graphql`, the probes and the pages. Accepts no connections until `listen` is called. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { access, drain, log, pages, settings, telemetry } = options;
  const origins = new Origins(settings);
  const exchanges = new Exchanges();
  const isTrustedProxy = trustedProxies(settings.trustProxy);
  const slowReaders = new SlowReaders({
    timeoutMs: settings.responseTimeoutMs,
    onCutOff: (reason) => telemetry.metrics?.responseCutOff(reason),
  });
  // A pipelined request is answered before its connection closes.
  const closesAfter = (request: IncomingMessage): boolean =>
    drain.closesAfter(request) && exchanges.isLast(request);
  const writer = new RefusalWriter({
    closesAfter,
    origins,
    slowReaders,
    record: recordUnrecorded(telemetry),
    log,
  });
  const server = fastify({
    bodyLimit: settings.maxBodyBytes,
    trustProxy: settings.trustProxy.length > 0 && isTrustedProxy,
    serverFactory: (handler) =>
      serverWithLoadShedding(
        {
          IncomingMessage: boundedRequests({ maxBytes: settings.maxBodyBytes, budget: new BodyBudget() }),
          requestTimeout: settings.requestTimeoutMs,
          headersTimeout: Math.min(settings.requestTimeoutMs, 5_000),
          keepAliveTimeout: settings.keepAliveMs,
          // By default, Node checks for slow senders every 30 seconds: too rarely for these time limits.
          connectionsCheckingInterval: 1_000,
        },
        {
          queue: options.queue,
          authenticator: access.authenticator,
          isTrustedProxy,
          hosts: settings.allowedHosts && new Set(settings.allowedHosts),
          writer,
          exchanges,
          onFlood: () => telemetry.metrics?.responseCutOff('pipelining'),
        },
        handler,
      ),
    genReqId: requestIdOf,
    // The drain refuses late requests itself, in GraphQL's format.
    return503OnClosing: false,
    // On close, idle connections end immediately, and busy ones after their response.
    forceCloseConnections: 'idle',
    clientErrorHandler: handleClientError(writer, exchanges),
    // The router cannot parse the URL. Fastify's own response would quote it.
    frameworkErrors: (error, request, reply) =>
      writer.toResponse(request.raw, reply.raw, BadRequestError.badUrl(error.statusCode)),
  });
  // Set first: a route uses the handler that is set when the route is added.
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const { status, headers, body } = httpRefusal(error, request.id);
    // An error without a status is a bug.
    if (status === 500)
      log.error({ requestId: request.id, ...describeError(error) }, 'unhandled error in a request');
    return reply.code(status).headers(headers).type(responseMediaType(request)).send(body);
  });
  recordRequests(server, telemetry);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    const { raw } = request;
    slowReaders.watch(reply.raw, bytesOf(payload));
    const isCut = raw instanceof BoundedRequest && raw.discardUnreadBody(request.caller !== undefined);
    if (isCut || closesAfter(raw)) reply.header('connection', 'close');
    // Fastify closes the connection after each body that it cannot parse, which would lose pipelined requests.
    else if (raw.complete && reply.hasHeader('connection')) reply.removeHeader('connection');
    done();
  });
  server.addHook('onRequest', sendSecurityHeaders);
  server.addHook('onRequest', ({ headers }, _reply, done) => {
    if (headers.origin !== undefined) origins.logRefused(headers.origin, headers.host, log);
    done();
  });
  refuseOtherMethods(server, origins);
  // Before the other hooks that refuse requests: pages need the CORS headers to read a refusal.
  await origins.serve(server);
  acceptOnlyJson(server);
  // Only for what a route itself does not find, such as an asset: unknown paths are refused earlier.
  server.setNotFoundHandler((request, reply) => {
    const { status, body } = httpRefusal({ statusCode: 404 }, request.id);
    return reply.code(status).type(responseMediaType(request)).send(body);
  });

  const ignoredHeaders = new IgnoredHeaders();
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
      checkJsonInUrl,
      limitDocuments(options.maxDocumentBytes),
      ...(options.trustedDocuments === undefined ? [] : [documentHook(options.trustedDocuments)]),
    ],
    handler: graphqlHandler(options, origins, (request, reply) =>
      createGraphQLContext(request, reply, access, options.deadlineMs, ignoredHeaders),
    ),
  });
  serveReadiness(server, options);
  return server;
}
