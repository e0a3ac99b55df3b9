import { gatewayWith, limit } from '../contestants.ts';
import { type Figures, load, startContestant, startUpstream, warm } from '../load.ts';
import type { Scale } from '../scale.ts';

const calls = 10_000;

/** Ten thousand mutations in flight against an upstream of 8 s: memory each, and whether all are answered. */
export async function inFlight({ warmUpSeconds }: Scale): Promise<Figures[]> {
  const upstream = await startUpstream(8_000);
  const figures: Figures[] = [];
  const waiting = gatewayWith({
    UPSTREAM_MAX_CONCURRENCY: '20000',
    UPSTREAM_TIMEOUT_MS: '20000',
    UPSTREAM_DEADLINE_MS: '30000',
  });
  for (const contestant of [limit, waiting]) {
    const target = await startContestant(contestant, upstream);
    await warm(target, warmUpSeconds);
    const before = target.server.residentMegabytes();
    // Within 7 s, so that all are sent before the first is answered.
    const result = await load(target, {
      connections: calls,
      amount: calls,
      overallRate: calls / 7,
      shed: true,
    });
    figures.push({
      '10,000 in flight: unanswered': calls - result['2xx'],
      'KB each': ((target.server.peakMegabytes() - before) * 1024) / calls,
    });
    await target.server.stop();
  }
  await upstream.stop();
  return figures;
}
