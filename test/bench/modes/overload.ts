import { gatewayWith } from '../contestants.ts';
import { type Figures, percentile, startContestant, startUpstream, type Target, warm } from '../load.ts';
import { openLoop } from '../open-loop.ts';
import type { Scale } from '../scale.ts';

/**
 * What is still answered when two, five and ten times as much comes as can be, against an upstream of 300 ms. Asked to
 * hold so many calls in flight that the process itself is the limit, not the bulkhead.
 */
export async function overload({ roundSeconds, warmUpSeconds }: Scale): Promise<Figures[]> {
  const upstream = await startUpstream(300);
  const settings = { UPSTREAM_MAX_CONCURRENCY: '2000', MAX_EVENT_LOOP_DELAY_MS: '150' };
  const target = await startContestant(gatewayWith(settings), upstream);
  await warm(target, warmUpSeconds);
  const peak = await peakOf(target);
  const figures: Figures = { 'peak per second': peak };
  for (const times of [2, 5, 10]) {
    const offer = { perSecond: peak * times, seconds: roundSeconds };
    const { accepted, refused, failed, ...rates } = await openLoop(target, offer);
    figures[`× ${times}: sent per second`] = rates.sentPerSecond;
    figures[`× ${times}: goodput, % of peak`] = (rates.goodPerSecond / peak) * 100;
    figures[`× ${times}: accepted p99 ms`] = percentile(accepted, 0.99);
    figures[`× ${times}: refused p99 ms`] = percentile(refused, 0.99);
    figures[`× ${times}: failed`] = failed;
  }
  const after = await openLoop(target, { perSecond: peak / 2, seconds: 3 });
  figures['after, at half of peak: p99 ms'] = percentile(after.accepted, 0.99);
  figures['after, at half of peak: refused'] = after.refused.length;
  await target.server.stop();
  await upstream.stop();
  return [{}, figures];
}

/** The most that is answered in time: of more and more, until a fifth of it is not. */
async function peakOf(target: Target): Promise<number> {
  let peak = 0;
  for (let perSecond = 200; ; perSecond *= 1.2) {
    const { goodPerSecond, sentPerSecond } = await openLoop(target, { perSecond, seconds: 4 });
    peak = Math.max(peak, goodPerSecond);
    if (goodPerSecond < sentPerSecond * 0.8) return peak;
  }
}
