import { gatewayWith } from '../contestants.ts';
import { type Figures, percentile, startContestant, startUpstream, type Target, warm } from '../load.ts';
import { openLoop } from '../open-loop.ts';
import type { Scale } from '../scale.ts';

/**
 * The goodput at two, five and ten times the peak load, with an upstream latency of 300 ms. The concurrency limit is
 * raised, so that the process is the bottleneck and not the limit.
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

/** The peak: raises the rate until a fifth of the requests is not answered in time. */
async function peakOf(target: Target): Promise<number> {
  let peak = 0;
  for (let perSecond = 200; ; perSecond *= 1.2) {
    const { goodPerSecond, sentPerSecond } = await openLoop(target, { perSecond, seconds: 4 });
    peak = Math.max(peak, goodPerSecond);
    if (goodPerSecond < sentPerSecond * 0.8) return peak;
  }
}
