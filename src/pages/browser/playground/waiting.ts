import { NoAnswer } from './gateway.ts';
import type { Verdict } from './verdict.ts';

/** The pauses before each read: short at first, a minute in total. */
const pausesMs = [500, 500, 1000, 1000, 2000, 2000, 3000, 5000, 5000, 10_000, 10_000, 20_000];

/**
 * Reads an evaluation again until no signal is pending, or until the last pause. Undefined if a newer evaluation has
 * started. Ignores a failed read: the next one may succeed.
 */
export async function awaitSignals(
  read: () => Promise<Verdict>,
  { isOver }: { isOver: () => boolean },
): Promise<Verdict | 'late' | undefined> {
  for (const pauseMs of pausesMs) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (isOver()) return undefined;
    const verdict = await read().catch((error) => {
      if (error instanceof NoAnswer) return undefined;
      throw error;
    });
    if (isOver()) return undefined;
    if (verdict?.outcome === 'scored' || verdict?.outcome === 'unscored') return verdict;
  }
  return 'late';
}
