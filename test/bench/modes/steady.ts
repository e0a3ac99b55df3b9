import { contestants } from '../contestants.ts';
import { type Figures, inTurn, percentile, type Target } from '../load.ts';
import { openLoop } from '../open-loop.ts';
import type { Scale } from '../scale.ts';

const latencyMs = 300;

/**
 * The latency of a mutation beyond the upstream's 300 ms, at a steady hundred a second, and its CPU. At this rate each
 * mutation wakes the process by itself, which costs all contestants more than their work does.
 */
export function steady({ steadySeconds, rounds, warmUpSeconds }: Scale): Promise<Figures[]> {
  const warm = new Set<Target>();
  return inTurn(contestants, { latencyMs, rounds, warmUpSeconds: 5 }, async (target) => {
    // V8 compiles again what it compiled while the upstream responded at once. At a hundred a second that takes a minute.
    if (!warm.has(target)) await openLoop(target, { perSecond: 1_000, seconds: warmUpSeconds / 3 });
    warm.add(target);
    const before = target.server.cpuSeconds();
    const { accepted } = await openLoop(target, { perSecond: 100, seconds: steadySeconds / rounds });
    return {
      'CPU µs at 100 a second': ((target.server.cpuSeconds() - before) / accepted.length) * 1e6,
      'added p50 ms': percentile(accepted, 0.5) - latencyMs,
      'added p99 ms': percentile(accepted, 0.99) - latencyMs,
    };
  });
}
