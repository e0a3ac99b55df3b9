import { readFileSync } from 'node:fs';
import { gatewayWith, limit } from '../contestants.ts';
import { type Figures, startContestant, startUpstream, warm } from '../load.ts';
import { openLoop } from '../open-loop.ts';
import type { Scale } from '../scale.ts';

// Each takes two connections.
const openFiles = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
/** Ten thousand, or as many thousands as the limit of open files (`ulimit -n`) permits. */
const calls = Math.min(10_000, Math.floor((openFiles - 1_000) / 2_000) * 1_000);
/** All are sent before the first is answered. */
const seconds = 7;

/**
 * Sends this many mutations at once to an upstream with a latency of 8 s: the memory of each, and whether all are
 * answered.
 */
export async function inFlight({ warmUpSeconds }: Scale): Promise<Figures[]> {
  const upstream = await startUpstream(8_000);
  const figures: Figures[] = [];
  const waiting = gatewayWith({
    UPSTREAM_MAX_CONCURRENCY: '20000',
    MAX_EVENT_LOOP_DELAY_MS: '10000',
    UPSTREAM_TIMEOUT_MS: '20000',
    UPSTREAM_DEADLINE_MS: '30000',
  });
  const proxy = {
    ...limit,
    environment: (...site: Parameters<typeof limit.environment>) => ({
      ...limit.environment(...site),
      CONNECTIONS: '20000',
    }),
  };
  for (const contestant of [proxy, waiting]) {
    const target = await startContestant(contestant, upstream);
    await warm(target, warmUpSeconds);
    const before = target.server.residentMegabytes();
    const { accepted } = await openLoop(target, { perSecond: calls / seconds, seconds });
    figures.push({
      [`${calls.toLocaleString('en')} in flight: unanswered`]: calls - accepted.length,
      'KB each': ((target.server.peakMegabytes() - before) * 1024) / calls,
    });
    await target.server.stop();
  }
  await upstream.stop();
  return figures;
}
