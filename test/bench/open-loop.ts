import { Pool } from 'undici';
import { signUp, type Target } from './load.ts';

/** What came of requests that were sent whether answers came or not; milliseconds from when each was due. */
export interface Outcome {
  readonly accepted: number[];
  readonly refused: number[];
  readonly failed: number;
}

interface Offer {
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * Sends at a steady rate, as strangers do: none waits for another's answer. A request that is sent late, since this
 * process had no time, counts from when it was due.
 */
export async function openLoop({ server, headers }: Target, { perSecond, seconds }: Offer): Promise<Outcome> {
  const pool = new Pool(server.url, { pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const accepted: number[] = [];
  const refused: number[] = [];
  let failed = 0;
  const send = async (due: number): Promise<void> => {
    try {
      const { statusCode, body } = await pool.request({
        path: '/graphql',
        method: 'POST',
        headers,
        body: signUp,
      });
      await body.dump();
      (statusCode === 200 ? accepted : refused).push(performance.now() - due);
    } catch {
      failed += 1;
    }
  };
  const sent: Promise<void>[] = [];
  const begin = performance.now();
  const total = Math.round(perSecond * seconds);
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - begin) / 1000) * perSecond);
      while (sent.length < due) sent.push(send(begin + (sent.length / perSecond) * 1000));
      if (sent.length < total) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await Promise.all(sent);
  await pool.destroy();
  return { accepted, refused, failed };
}
