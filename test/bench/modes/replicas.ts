import { startNginx } from '../../harness/nginx.ts';
import { gatewayWith } from '../contestants.ts';
import { type Figures, load, startContestant, startUpstream, type Target, warm } from '../load.ts';
import type { Scale } from '../scale.ts';

/**
 * What a mutation costs one gateway, and each of two, behind the balancer that is shipped, so behind one port. They
 * share a core, as load and upstream have the other: where two take no more for a mutation than one, and each gets
 * half of them, two cores answer twice as many.
 */
export async function replicas({ roundSeconds, warmUpSeconds }: Scale): Promise<Figures[]> {
  const upstream = await startUpstream(0);
  const targets: Target[] = [];
  const figures: Figures = {};
  for (const count of [1, 2]) {
    const target = await startContestant(gatewayWith({}), upstream);
    await warm(target, warmUpSeconds);
    targets.push(target);
    const nginx = await startNginx(targets.map(({ server }) => Number(new URL(server.url).port)));
    const before = targets.map(({ server }) => server.cpuSeconds());
    const behind = { ...target, server: { ...target.server, url: nginx.url } };
    const { requests } = await load(behind, { duration: roundSeconds });
    const taken = targets.map(({ server }, index) => server.cpuSeconds() - (before[index] ?? 0));
    await nginx.close();
    const sum = taken.reduce((total, seconds) => total + seconds, 0);
    figures[`behind one port, ${count}: CPU µs`] = (sum / requests.total) * 1e6;
    figures[`behind one port, ${count}: % of it by the busiest`] = (Math.max(...taken) / sum) * 100;
  }
  for (const { server } of targets) await server.stop();
  await upstream.stop();
  return [{}, figures];
}
