import type { FastifyInstance } from 'fastify';
import type { Access } from '../access/access.ts';
import type { Drain } from './drain.ts';

export interface ReadinessOptions {
  readonly access: Access;
  readonly drain: Drain;
  /** Whether the upstream is considered available. */
  readonly isUpstreamUp: () => boolean;
}

/** The probes: `/healthz` for a supervisor, `/readyz` for people and alerts, `/readyz/replica` for balancers. */
export function serveReadiness(
  server: FastifyInstance,
  { access, drain, isUpstreamUp }: ReadinessOptions,
): void {
  const { authenticator, limits } = access;
  const isReplicaReady = (): boolean => !drain.isLeaving && authenticator.isReady;
  const wordFor = (ready: boolean): string => (drain.isLeaving ? 'draining' : ready ? 'ready' : 'degraded');

  server.get('/healthz', async () => ({ status: 'up' }));
  server.get('/readyz', async (_request, reply) => {
    const upstream = isUpstreamUp() ? 'up' : 'down';
    const ready = isReplicaReady() && upstream === 'up';
    return reply.code(ready ? 200 : 503).send({
      status: wordFor(ready),
      upstream,
      // Told, and no reason to send callers elsewhere: known keys go on, and each replica counts for itself.
      keySet: authenticator.keySetState,
      keySetReason: authenticator.keySetReason,
      sharedCounters: limits.storeState,
      sharedCountersReason: limits.storeReason,
    });
  });
  // For balancers: an upstream that is down is down for every replica, and a caller that finds none gets no answer.
  server.get('/readyz/replica', async (_request, reply) => {
    const ready = isReplicaReady();
    return reply.code(ready ? 200 : 503).send({ status: wordFor(ready) });
  });
}
