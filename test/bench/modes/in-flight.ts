import { gatewayWith, limit } from '../contestants.ts';
import { type Figures, startContestant, startUpstream, warm } from '../load.ts';
import { openLoop } from '../open-loop.ts';
import type { Scale } from '../scale.ts';

const calls = 10_000;
/** All are sent before the first is answered. */
const seconds = 7;

/** Ten thousand mutations in flight against an upstream of 8 s: memory each, and whether all are answered. */
export async function inFlight({ warmUpSeconds }: Scale): Promise<Figures[]> {
  const upstream = await startUpstream(8_000);
  const figures: Figures[] = [];
  const waiting = gatewayWith({
    UPSTREAM_MAX_CONCURRENCY: '20000',
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
      '10,000 in flight: unanswered': calls - accepted.length,
      'KB each': ((target.server.peakMegabytes() - before) * 1024) / calls,
    });
    await target.server.stop();
  }
  await upstream.stop();
  return figures;
}
