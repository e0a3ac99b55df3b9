import type { TestGateway } from './gateway.ts';
import { metricsUrl, scrape, sumOf } from './scrape.ts';

/** The calls that wait for a place among those in flight. */
async function waitingCalls(gateway: TestGateway): Promise<number> {
  return sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_upstream_calls_waiting');
}

/**
 * Sends a call that waits for a place. It waits for 200 ms only, so it is sent again if it was refused before it was seen
 * to wait. `refused` is how often that happened.
 */
export async function sendUntilItWaits<Answer>(
  gateway: TestGateway,
  send: () => Promise<Answer>,
): Promise<{ answer: Promise<Answer>; refused: number }> {
  for (let refused = 0; ; refused += 1) {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    const answer = send();
    answer.then(over, over);
    while (!isOver && (await waitingCalls(gateway)) === 0);
    if (!isOver) return { answer, refused };
  }
}
