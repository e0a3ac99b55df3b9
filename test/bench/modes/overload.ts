import { gatewayWith } from '../contestants.ts';
import {
  type Figures,
  load,
  percentile,
  startContestant,
  startUpstream,
  type Target,
  warm,
} from '../load.ts';
import type { Scale } from '../scale.ts';

/** Answers within a second of work, and refusals, of one load. */
interface Outcome {
  readonly accepted: number[];
  readonly refused: number[];
}

/** Load that arrives whether the answers come or not. */
async function offer(target: Target, perSecond: number, duration: number): Promise<Outcome> {
  const outcome: Outcome = { accepted: [], refused: [] };
  await load(
    target,
    {
      connections: Math.min(6_000, Math.ceil(perSecond * 1.2)),
      overallRate: Math.round(perSecond),
      ignoreCoordinatedOmission: true,
      duration,
      shed: true,
    },
    (instance) => {
      instance.on('response', (_client, status, _bytes, milliseconds) => {
        (status === 200 ? outcome.accepted : outcome.refused).push(milliseconds);
      });
    },
  );
  return outcome;
}

/** What is still answered when twice and five times as much comes as can be, against an upstream of 300 ms. */
export async function overload({ roundSeconds, warmUpSeconds }: Scale): Promise<Figures[]> {
  const upstream = await startUpstream(300);
  const target = await startContestant(gatewayWith({ UPSTREAM_MAX_CONCURRENCY: '2000' }), upstream);
  await warm(target, warmUpSeconds);
  const { requests } = await load(target, { connections: 1_200, duration: roundSeconds, shed: true });
  const peak = requests.average;
  const figures: Figures = { 'peak per second': peak };
  for (const times of [2, 5]) {
    const { accepted, refused } = await offer(target, peak * times, roundSeconds);
    figures[`× ${times}: goodput, % of peak`] = (accepted.length / roundSeconds / peak) * 100;
    figures[`× ${times}: offered per second`] = (accepted.length + refused.length) / roundSeconds;
    figures[`× ${times}: accepted p99 ms`] = percentile(accepted, 0.99);
    figures[`× ${times}: refused p99 ms`] = percentile(refused, 0.99);
  }
  const after = await offer(target, peak / 2, 3);
  figures['after: p99 ms'] = percentile(after.accepted, 0.99);
  figures['after: refused'] = after.refused.length;
  await target.server.stop();
  await upstream.stop();
  return [{}, figures];
}
