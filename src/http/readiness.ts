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
      // Reported only; not a reason to send callers elsewhere: known keys stay valid, and each replica counts for
      // itself.
      keySet: authenticator.keySetState,
      keySetReason: authenticator.keySetReason,
      sharedCounters: limits.storeState,
      sharedCountersReason: limits.storeReason,
    });
  });
  // For load balancers. Ignores the upstream: if it is down, it is down for every replica, and callers would find none.
  server.get('/readyz/replica', async (_request, reply) => {
    const ready = isReplicaReady();
    return reply.code(ready ? 200 : 503).send({ status: wordFor(ready) });
  });
}
