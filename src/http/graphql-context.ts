import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../access/access.ts';
import type { GraphQLContext } from '../graph/graphql-context.ts';
import { Deadline } from '../stripe/http/deadline.ts';
import { charge } from './authentication-hook.ts';

/** The context of a request for its resolvers. `deadlineMs` covers all attempts of one call, including waits. */
export function createGraphQLContext(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  deadlineMs: number,
): GraphQLContext {
  const { caller } = request;
  return {
    requestId: request.id,
    caller: caller.id,
    account: request.account,
    permissions: access.permissionsOf(caller),
    deadline: new Deadline(Math.min(timeoutOf(request), deadlineMs)),
    signal: hangUpSignal(reply),
    charge: async (calls) => {
      const refusal = await charge(request, access, calls);
      if (refusal !== undefined) throw refusal;
    },
    log: request.callLog,
    observer: request.record,
    idempotencyKeys: [],
  };
}

/** How long the client or router waits, by `x-request-timeout-ms`; ignored unless it is a number. */
function timeoutOf(request: FastifyRequest): number {
  const value = request.headers['x-request-timeout-ms'];
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : Number.POSITIVE_INFINITY;
}

function hangUpSignal(reply: FastifyReply): AbortSignal {
  const hangUp = new AbortController();
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) hangUp.abort();
  });
  return hangUp.signal;
}
