import { contestants } from '../contestants.ts';
import { type Figures, inTurn, percentile } from '../load.ts';
import { openLoop } from '../open-loop.ts';
import type { Scale } from '../scale.ts';

const latencyMs = 300;

/**
 * What a mutation takes beyond the upstream's 300 ms, at a steady hundred a second, and of the processor: there each
 * wakes the process by itself, which costs all contestants more than what they do for it.
 */
export function steady({ steadySeconds, rounds }: Scale): Promise<Figures[]> {
  return inTurn(contestants, { latencyMs, rounds, warmUpSeconds: 5 }, async (target) => {
    const before = target.server.cpuSeconds();
    const { accepted } = await openLoop(target, { perSecond: 100, seconds: steadySeconds / rounds });
    return {
      'CPU µs at 100 a second': ((target.server.cpuSeconds() - before) / accepted.length) * 1e6,
      'added p50 ms': percentile(accepted, 0.5) - latencyMs,
      'added p99 ms': percentile(accepted, 0.99) - latencyMs,
    };
  });
}
