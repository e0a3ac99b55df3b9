import { startNginx } from '../../harness/nginx.ts';
import { gatewayWith } from '../contestants.ts';
import { type Figures, startContestant, startUpstream, type Target, warm } from '../load.ts';
import { openLoop } from '../open-loop.ts';
import type { Scale } from '../scale.ts';

/**
 * The CPU of a mutation on one gateway, and on each of two with a core of its own behind the shipped balancer. The
 * second shares its core with the load and the upstream, so the rate is one that leaves all of them idle time. If two
 * need no more CPU for a mutation than one, and each gets half of them, two carry twice as much.
 */
export async function replicas({ roundSeconds, warmUpSeconds }: Scale): Promise<Figures[]> {
  const upstream = await startUpstream(0);
  const targets: Target[] = [];
  const figures: Figures = {};
  for (const core of [0, 1] as const) {
    const target = await startContestant(gatewayWith({}), upstream, core);
    await warm(target, warmUpSeconds);
    targets.push(target);
    const nginx = await startNginx(targets.map(({ server }) => Number(new URL(server.url).port)));
    const before = targets.map(({ server }) => server.cpuSeconds());
    const behind = { ...target, server: { ...target.server, url: nginx.url } };
    const { accepted } = await openLoop(behind, { perSecond: 200, seconds: roundSeconds });
    const taken = targets.map(({ server }, index) => server.cpuSeconds() - (before[index] ?? 0));
    await nginx.close();
    const sum = taken.reduce((total, seconds) => total + seconds, 0);
    figures[`behind one port, ${targets.length}: CPU µs`] = (sum / accepted.length) * 1e6;
    figures[`behind one port, ${targets.length}: % of it by the busiest`] = (Math.max(...taken) / sum) * 100;
  }
  for (const { server } of targets) await server.stop();
  await upstream.stop();
  return [{}, figures];
}
