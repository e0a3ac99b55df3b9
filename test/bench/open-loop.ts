import { Pool } from 'undici';
import { signUp, type Target } from './load.ts';

/** What came of requests that were sent whether answers came or not, in milliseconds each. */
export interface Outcome {
  readonly accepted: number[];
  readonly refused: number[];
  readonly failed: number;
  /** Of the answers that came while requests were still sent. */
  readonly acceptedPerSecond: number;
  /** What was really sent: less than asked for where this process had no time for more. */
  readonly sentPerSecond: number;
}

interface Offer {
  readonly perSecond: number;
  readonly seconds: number;
}

/** Sends at a steady rate, as strangers do: none waits for another's answer. */
export async function openLoop({ server, headers }: Target, { perSecond, seconds }: Offer): Promise<Outcome> {
  const pool = new Pool(server.url, { pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const accepted: number[] = [];
  const refused: number[] = [];
  let failed = 0;
  const send = async (): Promise<void> => {
    const sentAt = performance.now();
    try {
      const { statusCode, body } = await pool.request({
        path: '/graphql',
        method: 'POST',
        headers,
        body: signUp,
      });
      await body.dump();
      (statusCode === 200 ? accepted : refused).push(performance.now() - sentAt);
    } catch {
      failed += 1;
    }
  };
  const sent: Promise<void>[] = [];
  const begin = performance.now();
  const end = begin + seconds * 1000;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = ((Math.min(now, end) - begin) / 1000) * perSecond;
      // Not all that is late at once: nobody would be served by a burst.
      for (let count = 0; sent.length < due && count < 200; count += 1) sent.push(send());
      if (now < end) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const took = (performance.now() - begin) / 1000;
  const acceptedPerSecond = accepted.length / took;
  const sentPerSecond = sent.length / took;
  await Promise.all(sent);
  await pool.destroy();
  return { accepted, refused, failed, acceptedPerSecond, sentPerSecond };
}
