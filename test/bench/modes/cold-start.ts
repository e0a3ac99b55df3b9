import { contestants } from '../contestants.ts';
import { type Figures, median, startContestant, startUpstream } from '../load.ts';
import type { Scale } from '../scale.ts';

/** Milliseconds from spawning the process to its first answered mutation. */
export async function coldStart({ starts }: Scale): Promise<Figures[]> {
  const upstream = await startUpstream(0);
  const taken: number[][] = contestants.map(() => []);
  for (let count = 0; count < starts; count += 1) {
    for (const [index, contestant] of contestants.entries()) {
      const start = performance.now();
      const { server } = await startContestant(contestant, upstream);
      taken[index]?.push(performance.now() - start);
      await server.stop();
    }
  }
  await upstream.stop();
  return taken.map((times) => ({ 'start ms': median(times) }));
}
