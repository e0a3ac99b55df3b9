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

/** What requests are told to; either may be off. */
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

/**
 * Counts a request that was refused before Fastify had it, or whose client had gone by then. No span: those come in
 * such numbers that telling a collector of each would cost more than refusing it.
 */
export function recordTurnedAway({ metrics }: Observers) {
  return (url: string, method: string, status: 503 | 'closed', cameAt: number): void => {
    const record = new RequestRecord(metrics, undefined, cameAt);
    if (status === 503) record.failed('OVERLOADED');
    record.requestEnded(url.split('?', 1)[0] === '/graphql' ? '/graphql' : undefined, method, status);
  };
}
