import { contestants } from '../contestants.ts';
import { type Figures, inTurn, load } from '../load.ts';
import type { Scale } from '../scale.ts';

const connections = 1_000;

/** A thousand connections, each sending one mutation after the other, with an upstream latency of 300 ms. */
export function thousand({ roundSeconds, warmUpSeconds }: Scale): Promise<Figures[]> {
  const measured = contestants.slice(0, 4).map((contestant) => ({
    ...contestant,
    // All of them at once (the default is 512), however slow the machine is.
    environment: (...site: Parameters<typeof contestant.environment>) => ({
      ...contestant.environment(...site),
      UPSTREAM_MAX_CONCURRENCY: String(connections),
      MAX_EVENT_LOOP_DELAY_MS: '10000',
    }),
  }));
  return inTurn(measured, { latencyMs: 300, rounds: 1, warmUpSeconds }, async (target) => {
    const result = await load(target, { connections, duration: roundSeconds });
    return {
      '1,000 × 300 ms: per second': result.requests.average,
      '1,000 × 300 ms: p99 ms': result.latency.p99,
    };
  });
}
