import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from './metrics.ts';
import { outcomeOfRefusal } from './outcomes.ts';
import { RequestRecord } from './request-record.ts';
import type { Tracing } from './tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    record: RequestRecord;
  }
}

/** The observers of requests; either may be off. */
export interface Observers {
  readonly metrics: Metrics | undefined;
  readonly tracing: Tracing | undefined;
}

/** Gives each request its record, from its arrival until its response is sent or its connection closed. */
export function recordRequests(server: FastifyInstance, { metrics, tracing }: Observers): void {
  server.decorateRequest('record');
  server.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    const route = request.routeOptions.url;
    // Probes are not traced: they would fill the collector with useless spans.
    const trace =
      route === '/graphql'
        ? tracing?.requestStarted({
            method: request.method,
            route,
            // Fastify takes it from X-Forwarded-Proto, unchecked.
            scheme: request.protocol === 'https' ? 'https' : 'http',
            headers: request.headers,
          })
        : undefined;
    const record = new RequestRecord(metrics, trace);
    request.record = record;
    // Not Fastify's `onResponse`, which is not called if the client disconnects.
    reply.raw.once('close', () => {
      record.requestEnded(
        route,
        request.method,
        reply.raw.writableFinished ? reply.raw.statusCode : 'closed',
      );
    });
    done();
  });
  server.addHook('onError', (request, _reply, error, done) => {
    request.record.failed(outcomeOfRefusal(error));
    done();
  });
}

/** A request that ended before it had a record. */
export interface UnrecordedRequest {
  /** Undefined, like the method, for bytes that are not a valid request. */
  readonly url?: string | undefined;
  readonly method?: string | undefined;
  readonly status: number | 'closed';
  /** Why it was refused; undefined if its client was already gone. */
  readonly error?: { readonly code?: unknown; readonly statusCode?: number | undefined } | undefined;
  /** By `performance.now()`; by default now. */
  readonly receivedAt?: number | undefined;
}

/**
 * Counts a request that was refused outside Fastify's hooks, or whose client was already gone. No span: under overload,
 * exporting each would cost more than refusing it.
 */
export function recordUnrecorded({ metrics }: Observers) {
  return ({ url, method, status, error, receivedAt }: UnrecordedRequest): void => {
    const record = new RequestRecord(metrics, undefined, receivedAt);
    if (error !== undefined) record.failed(outcomeOfRefusal(error));
    const route = url?.split('?', 1)[0] === '/graphql' ? '/graphql' : undefined;
    record.requestEnded(route, method ?? 'none', status);
  };
}
