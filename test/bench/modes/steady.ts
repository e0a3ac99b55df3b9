import { contestants } from '../contestants.ts';
import { type Figures, inTurn, load } from '../load.ts';
import type { Scale } from '../scale.ts';

const latencyMs = 300;

/** What a mutation takes beyond the upstream's 300 ms, at a steady hundred a second. */
export function steady({ steadySeconds }: Scale): Promise<Figures[]> {
  return inTurn(contestants, { latencyMs, rounds: 1, warmUpSeconds: 3 }, async (target) => {
    const { latency } = await load(target, {
      connections: 100,
      overallRate: 100,
      // Else autocannon counts a late answer as many.
      ignoreCoordinatedOmission: true,
      duration: steadySeconds,
    });
    return { 'p50 + ms': latency.p50 - latencyMs, 'p99 + ms': latency.p99 - latencyMs };
  });
}
