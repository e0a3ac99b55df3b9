import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../access/access.ts';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { Deadline } from '../stripe/http/deadline.ts';
import type { IgnoredHeaders } from './ignored-headers.ts';
import { charge } from './rate-limit-hook.ts';

/** The context of a request for its resolvers. `deadlineMs` covers all attempts of one call, including waits. */
export function createGraphQLContext(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  deadlineMs: number,
  ignoredHeaders: IgnoredHeaders,
): GraphQLContext {
  const { caller, headers } = request;
  if (headers['idempotency-key'] !== undefined) ignoredHeaders.warnOf('idempotency-key', request);
  return {
    requestId: request.id,
    caller: caller.id,
    account: request.account,
    permissions: access.permissionsOf(caller),
    deadline: new Deadline(Math.min(timeoutOf(request, ignoredHeaders), deadlineMs)),
    signal: disconnectSignal(reply),
    charge: async (calls) => {
      const refusal = await charge(request, access, calls);
      if (refusal !== undefined) throw refusal;
    },
    log: request.callLog,
    observer: request.record,
    idempotencyKeys: [],
  };
}

// At most eleven and a half days.
const milliseconds = /^\d{1,9}(\.\d{1,9})?$/;

/** How long the client or router waits, from `x-request-timeout-ms`; ignored unless it is a number. */
function timeoutOf(request: FastifyRequest, ignoredHeaders: IgnoredHeaders): number {
  const { 'x-request-timeout-ms': value = '' } = request.headers;
  if (typeof value === 'string' && milliseconds.test(value)) return Number(value);
  if (value !== '') ignoredHeaders.warnOf('x-request-timeout-ms', request);
  return Number.POSITIVE_INFINITY;
}

function disconnectSignal(reply: FastifyReply): AbortSignal {
  const hangUp = new AbortController();
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) hangUp.abort();
  });
  return hangUp.signal;
}
