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

/** Where requests are reported to; either may be off. */
export interface Observers {
  readonly metrics: Metrics | undefined;
  readonly tracing: Tracing | undefined;
}

/** Gives each request its record, from its first moment until its connection has its answer or is gone. */
export function recordRequests(server: FastifyInstance, { metrics, tracing }: Observers): void {
  server.decorateRequest('record');
  server.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    const route = request.routeOptions.url;
    // Probes would fill the collector with what nobody looks at.
    const trace =
      route === '/graphql'
        ? tracing?.requestStarted({
            method: request.method,
            route,
            scheme: request.protocol,
            headers: request.headers,
          })
        : undefined;
    const record = new RequestRecord(metrics, trace);
    request.record = record;
    // Not Fastify's `onResponse`: that is not called for a client that hung up.
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
  /** Undefined, as is the method, for bytes that became no request. */
  readonly url?: string | undefined;
  readonly method?: string | undefined;
  readonly status: number | 'closed';
  /** Why it was refused; undefined where its client had gone by then. */
  readonly error?: { readonly code?: unknown; readonly statusCode?: number | undefined } | undefined;
  /** Of `performance.now()`; now, if left out. */
  readonly cameAt?: number | undefined;
}

/**
 * Counts a request that was refused outside Fastify's hooks, or whose client had gone by then. No span: those come in
 * such numbers that telling a collector of each would cost more than refusing it.
 */
export function recordUnrecorded({ metrics }: Observers) {
  return ({ url, method, status, error, cameAt }: UnrecordedRequest): void => {
    const record = new RequestRecord(metrics, undefined, cameAt);
    if (error !== undefined) record.failed(outcomeOfRefusal(error));
    const route = url?.split('?', 1)[0] === '/graphql' ? '/graphql' : undefined;
    record.requestEnded(route, method ?? 'none', status);
  };
}
