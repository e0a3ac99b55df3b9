import { contestants } from '../contestants.ts';
import { cpuOf, type Figures, inTurn } from '../load.ts';
import type { Scale } from '../scale.ts';

/** CPU microseconds of each mutation, with an upstream that responds immediately. */
export function cpu({ rounds, roundSeconds, warmUpSeconds }: Scale): Promise<Figures[]> {
  return inTurn(contestants, { latencyMs: 0, rounds, warmUpSeconds }, async (target) => {
    const { cpu: microseconds, scavenges, result } = await cpuOf(target, { duration: roundSeconds });
    return {
      'CPU µs': microseconds,
      'of it scavenges µs': scavenges,
      'per second': result.requests.average,
      'p50 ms': result.latency.p50,
      'p99 ms': result.latency.p99,
      'peak MB': target.server.peakMegabytes(),
    };
  });
}
